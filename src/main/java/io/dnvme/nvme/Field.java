package io.dnvme.nvme;

/**
 * A field of a {@link Structure}: where it is and how its bytes are read. A structure's fields are
 * constants, so its class reads like the table in the specification.
 *
 * @param <S> the structure that has it
 */
public sealed interface Field<S extends Structure<S>> {

  /** Bytes from the structure's start. */
  int offset();

  int bytes();

  /**
   * A little-endian number of 1 to 16 bytes, unsigned. Of a number above 8 bytes only the low 64
   * bits are used here; the others are written as zero.
   */
  record Number<S extends Structure<S>>(int offset, int bytes) implements Field<S> {}

  /** ASCII, filled up with blanks. */
  record Ascii<S extends Structure<S>>(int offset, int bytes) implements Field<S> {}

  /** An {@link Nqn}, filled up with NUL. */
  record Name<S extends Structure<S>>(int offset) implements Field<S> {
    @Override
    public int bytes() {
      return Nqn.FIELD_SIZE;
    }
  }

  /** Bytes in their order: identifiers, which are not little-endian numbers. */
  record Bytes<S extends Structure<S>>(int offset, int bytes) implements Field<S> {}

  static <S extends Structure<S>> Number<S> u8(int offset) {
    return new Number<>(offset, 1);
  }

  static <S extends Structure<S>> Number<S> u16(int offset) {
    return new Number<>(offset, 2);
  }

  static <S extends Structure<S>> Number<S> u32(int offset) {
    return new Number<>(offset, 4);
  }

  static <S extends Structure<S>> Number<S> u64(int offset) {
    return new Number<>(offset, 8);
  }

  static <S extends Structure<S>> Number<S> u128(int offset) {
    return new Number<>(offset, 16);
  }

  /** 16 bytes for {@link Structure#getUuid}. */
  static <S extends Structure<S>> Bytes<S> uuid(int offset) {
    return new Bytes<>(offset, UuidBytes.SIZE);
  }
}
