package io.dnvme.main.up;

import io.dnvme.main.Sizes;
import java.util.regex.Pattern;

/**
 * A virtual disk as asked for: {@code NAME=SIZE}.
 *
 * @param name lower-case letters, digits and inner hyphens, at most 63 characters
 * @param sizeBytes positive
 */
public record VirtualDiskSpec(String name, long sizeBytes) {

  /** What names may look like: usable as a file name and as a DNS label. */
  public static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  public VirtualDiskSpec {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' is no disk name: use up to 63 lower-case letters, digits and inner hyphens");
    }
    if (sizeBytes <= 0) {
      throw new IllegalArgumentException("a disk's size must be positive, not " + sizeBytes);
    }
  }

  /**
   * Reads {@code NAME=SIZE}.
   *
   * @throws IllegalArgumentException where {@code text} is none
   */
  public static VirtualDiskSpec parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "'" + text + "' is no disk: write NAME=SIZE, such as disk1=10G");
    }
    return new VirtualDiskSpec(text.substring(0, equals), Sizes.parse(text.substring(equals + 1)));
  }
}
