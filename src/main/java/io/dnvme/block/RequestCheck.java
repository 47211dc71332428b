package io.dnvme.block;

/** Whether a device of some size and traits can carry out a command at all. */
public final class RequestCheck {

  private RequestCheck() {}

  /** {@link BlockStatus#SUCCESS}, or the status with which to refuse {@code io}. */
  public static BlockStatus check(BlockIo io, BlockGeometry geometry, DeviceTraits traits) {
    BlockOp op = io.op();
    if (op == BlockOp.FLUSH) {
      return BlockStatus.SUCCESS;
    }
    if (!geometry.contains(io.startBlock(), io.blockCount())) {
      return BlockStatus.OUT_OF_RANGE;
    }
    long lengthBytes = io.blockCount() << geometry.blockShift();
    boolean fits = lengthBytes <= traits.maxTransferBytes();
    long dataBytes = io.data().lengthBytes();
    boolean valid =
        switch (op) {
          case READ -> fits && dataBytes == (traits.lendsReads() ? 0 : lengthBytes);
          case WRITE, COMPARE -> fits && dataBytes == lengthBytes;
          case COMPARE_AND_WRITE ->
              fits && dataBytes == lengthBytes && io.compareData().lengthBytes() == lengthBytes;
          case WRITE_ZEROES, DEALLOCATE -> dataBytes == 0;
          case FLUSH -> true;
        };
    return valid ? BlockStatus.SUCCESS : BlockStatus.INVALID;
  }
}
