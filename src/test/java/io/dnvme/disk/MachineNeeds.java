package io.dnvme.disk;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of the machine that it runs on. Where it is missing the test is skipped, with
 * the reason; not so where the environment says {@code CI=true}, as .ci/run does: there it fails,
 * so that nothing is left out unseen.
 */
public final class MachineNeeds {

  private MachineNeeds() {}

  /**
   * @param otherwise what is missing, for people
   */
  public static void need(boolean there, String otherwise) {
    need(there, otherwise, System.getenv("CI"));
  }

  static void need(boolean there, String otherwise, String ci) {
    if (!there && Boolean.parseBoolean(ci)) {
      throw new AssertionError("nothing is skipped where CI=true: " + otherwise);
    }
    Assumptions.assumeTrue(there, otherwise);
  }

  /**
   * A loop device over a file; its user detaches it. Needs root.
   *
   * @param options of losetup
   */
  public static Path loopDevice(Path backing, String... options) throws Exception {
    var command = new ArrayList<>(List.of("losetup", "--find", "--show"));
    command.addAll(List.of(options));
    command.add(backing.toString());
    String name = Commands.run(command.toArray(String[]::new));
    need(name.startsWith("/dev/loop"), "no loop device can be made here: " + name);
    return Path.of(name);
  }
}
