package io.dnvme.nvme;

/**
 * Some consecutive bits of a register, a command dword or a feature's value, named as the
 * specification names them. A {@code static final BitField} costs what a shift and a mask cost.
 *
 * @param low the lowest bit's number
 * @param bits how many bits, 1 to 63
 */
public record BitField(int low, int bits) {

  public BitField {
    if (low < 0 || bits < 1 || bits > 63 || low + bits > 64) {
      throw new IllegalArgumentException("bits " + (low + bits - 1) + ":" + low);
    }
  }

  /** Bits {@code high:low}, as the specification writes it. */
  public static BitField bits(int high, int low) {
    return new BitField(low, high - low + 1);
  }

  public static BitField bit(int number) {
    return new BitField(number, 1);
  }

  /** The largest value that fits. */
  public long max() {
    return (1L << bits) - 1;
  }

  /** The field's value in {@code word}. */
  public long get(long word) {
    return (word >>> low) & max();
  }

  /** The field's value in a word of 32 bits. */
  public int get(int word) {
    return (int) get(word & 0xffff_ffffL);
  }

  public boolean isSet(long word) {
    return get(word) != 0;
  }

  /** {@code word} with this field set to {@code value}, whose higher bits are dropped. */
  public long with(long word, long value) {
    return (word & ~(max() << low)) | ((value & max()) << low);
  }

  /** {@link #with(long, long)} for a word of 32 bits. */
  public int with(int word, int value) {
    return (int) with(word & 0xffff_ffffL, (long) value);
  }

  /** A word with only this field set. */
  public long of(long value) {
    return with(0L, value);
  }
}
