package io.dnvme.initiator;

import io.dnvme.block.BlockGeometry;
import io.dnvme.nvme.Field;
import io.dnvme.nvme.IdentifyNamespace;

/**
 * What a namespace says of itself, as far as this host acts on it.
 *
 * @param readsZeroes deallocated blocks read as zeroes
 * @param zeroesDeallocate Write Zeroes takes DEAC
 * @param anaGroup ANAGRPID
 */
record NamespaceInfo(
    NamespaceIdentity identity,
    BlockGeometry geometry,
    boolean readsZeroes,
    boolean zeroesDeallocate,
    long anaGroup) {

  private static final int FORMAT_LOW_MASK = 0xf;
  private static final int FORMAT_HIGH_SHIFT = 5;
  private static final int FORMAT_HIGH_MASK = 0x3;
  private static final int FORMAT_BYTES = 4;
  private static final int READ_BEHAVIOUR_MASK = 0x7;
  private static final int MIN_LBADS = 9;
  private static final int MAX_LBADS = 16;

  /** Reads Identify data; null where this host cannot use such a namespace. */
  static NamespaceInfo read(IdentifyNamespace data, NamespaceIdentity identity) {
    int flbas = (int) data.get(IdentifyNamespace.FLBAS);
    int format = flbas & FORMAT_LOW_MASK | (flbas >> FORMAT_HIGH_SHIFT & FORMAT_HIGH_MASK) << 4;
    int at = format * FORMAT_BYTES;
    int lbads = (int) data.get(shifted(IdentifyNamespace.LBAF0_LBADS, at));
    long metadataBytes = data.get(shifted(IdentifyNamespace.LBAF0_MS, at));
    long blocks = data.get(IdentifyNamespace.NSZE);
    if (lbads < MIN_LBADS
        || lbads > MAX_LBADS
        || metadataBytes != 0
        || blocks <= 0
        || blocks > Long.MAX_VALUE >> lbads) {
      return null;
    }
    long dlfeat = data.get(IdentifyNamespace.DLFEAT);
    return new NamespaceInfo(
        identity,
        new BlockGeometry(1 << lbads, blocks),
        (dlfeat & READ_BEHAVIOUR_MASK) == IdentifyNamespace.DLFEAT_READS_ZEROES,
        (dlfeat & IdentifyNamespace.DLFEAT_WRITE_ZEROES_DEALLOCATES) != 0,
        data.get(IdentifyNamespace.ANAGRPID));
  }

  private static Field.Number<IdentifyNamespace> shifted(
      Field.Number<IdentifyNamespace> field, int bytes) {
    return new Field.Number<>(field.offset() + bytes, field.bytes());
  }
}
