package io.dnvme.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What the guest boots: built by {@code src/test/e2e/build-image}, which also says what this
 * machine lacks.
 *
 * @param kernel a Debian kernel
 * @param initramfs the guest's whole file system
 */
record GuestImage(Path kernel, Path initramfs) {

  /** build-image's exit status for a machine that lacks something. */
  private static final int LACKS_SOMETHING = 3;

  private static final int BUILD_LIMIT_MINUTES = 10;

  /**
   * Builds the image, or takes the one that was built before from the same packages.
   *
   * @throws Unavailable when this machine cannot run the guest
   */
  static GuestImage obtain() throws IOException, InterruptedException, Unavailable {
    Path script = Project.directory().resolve("src/test/e2e/build-image");
    Path errors = Project.logFile("build-image.log");
    Path output = Project.logFile("build-image.out");
    var process =
        new ProcessBuilder(script.toString(), Project.linuxHostDirectory().toString())
            .redirectError(errors.toFile())
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(BUILD_LIMIT_MINUTES, TimeUnit.MINUTES)) {
      process.destroy();
      throw new IOException(script + " did not end within " + BUILD_LIMIT_MINUTES + " minutes");
    }
    String complaints = Files.readString(errors).strip();
    return switch (process.exitValue()) {
      case 0 -> {
        Path directory = Path.of(Files.readString(output).strip());
        yield new GuestImage(directory.resolve("vmlinuz"), directory.resolve("initramfs"));
      }
      case LACKS_SOMETHING ->
          throw new Unavailable(complaints.substring(complaints.lastIndexOf('\n') + 1));
      default ->
          throw new IOException(script + " ended with " + process.exitValue() + ":\n" + complaints);
    };
  }

  /** This machine cannot run the guest; the message is the reason and the remedy. */
  static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    Unavailable(String reason) {
      super(reason);
    }
  }
}
