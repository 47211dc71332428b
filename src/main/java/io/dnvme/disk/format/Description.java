package io.dnvme.disk.format;

import java.util.Arrays;

/** A few bytes of which only who wrote them knows the meaning; immutable. */
public final class Description {

  public static final int MAX_BYTES = 432;

  public static final Description NONE = new Description(new byte[0]);

  private final byte[] bytes;

  private Description(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @throws IllegalArgumentException where there are more than {@link #MAX_BYTES}
   */
  public static Description of(byte[] bytes) {
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a description has at most " + MAX_BYTES + " bytes, not " + bytes.length);
    }
    return new Description(bytes.clone());
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  public int lengthBytes() {
    return bytes.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Description that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return bytes.length + " bytes";
  }
}
