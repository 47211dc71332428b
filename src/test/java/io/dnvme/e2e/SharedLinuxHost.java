package io.dnvme.e2e;

import io.dnvme.e2e.GuestImage.Unavailable;
import java.io.IOException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.TestAbortedException;

/** Lends the run's one guest to each test, and boots another where a test left it unusable. */
final class SharedLinuxHost implements BeforeAllCallback, ParameterResolver, AfterEachCallback {

  /** The guest that is up, if any. Used by the thread that runs the tests. */
  private static final class Current implements AutoCloseable {
    private GuestImage image;
    private LinuxHost host;

    LinuxHost usable() throws IOException, InterruptedException {
      if (host != null && !host.isUsable()) {
        close();
      }
      if (host == null) {
        host = LinuxHost.boot(image);
      }
      return host;
    }

    void cleanUp() {
      if (host != null && host.isUsable()) {
        host.cleanUp();
      }
    }

    @Override
    public void close() throws IOException {
      if (host != null) {
        host.close();
        host = null;
      }
    }
  }

  /**
   * The guest's image; a machine that cannot run it fails the test in CI and skips it elsewhere.
   */
  static GuestImage image() throws IOException, InterruptedException {
    try {
      return GuestImage.obtain();
    } catch (Unavailable e) {
      String reason = "No Linux host on this machine: " + e.getMessage();
      if ("true".equals(System.getenv("CI"))) {
        throw new AssertionError(reason, e);
      }
      System.out.println("SKIPPED: " + reason);
      throw new TestAbortedException(reason, e);
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
    // Here and not at the first parameter, where JUnit would make a failure of a reason to skip.
    current(context).image = image();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == LinuxHost.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    try {
      return current(context).usable();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError("The Linux host did not boot", e);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    current(context).cleanUp();
  }

  private static Current current(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.create(SharedLinuxHost.class))
        .getOrComputeIfAbsent(Current.class, key -> new Current(), Current.class);
  }
}
