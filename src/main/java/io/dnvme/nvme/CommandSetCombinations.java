package io.dnvme.nvme;

import java.util.Objects;

/**
 * Identify I/O Command Set, CNS 1Ch: which I/O command sets may be enabled together (NVMe Base 2.0
 * §5.17.2.21). Each of 512 vectors has bit n for the command set n; the first zero ends them.
 */
public final class CommandSetCombinations extends Structure<CommandSetCombinations> {

  public static final int SIZE = 4096;

  public static final int MAX_COUNT = 512;

  /** Only the NVM command set. */
  public static final long NVM = 1;

  public CommandSetCombinations() {
    super(SIZE);
  }

  public long combination(int index) {
    return u64(8L * Objects.checkIndex(index, MAX_COUNT));
  }

  public CommandSetCombinations combination(int index, long vector) {
    return u64(8L * Objects.checkIndex(index, MAX_COUNT), vector);
  }
}
