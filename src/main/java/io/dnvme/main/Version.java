package io.dnvme.main;

import picocli.CommandLine.IVersionProvider;

/** The release that runs, as the build wrote it into the jar. */
public final class Version implements IVersionProvider {

  private static final String UNPACKED = "unreleased";

  /** For example {@code 0.1.0}; {@code unreleased} where classes run without their jar. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? UNPACKED : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"dnvme " + current()};
  }
}
