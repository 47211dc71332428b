package io.dnvme.disk.admission;

import io.dnvme.nvme.UuidBytes;
import io.dnvme.nvme.vendor.WireEpoch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.UUID;

/**
 * One term of ownership of a leg (RECORD). Epochs are ordered by their number; two with one number
 * and different incarnations are rivals, of which at most one ever wins. Immutable; any thread.
 *
 * @param number from 1 on; 0 only in {@link #NONE}
 * @param incarnation of the controller whose term it is: new whenever that process starts
 */
public record Epoch(long number, UUID incarnation) {

  /** Before the first term: lower than all others, and nobody's. */
  public static final Epoch NONE = new Epoch(0, new UUID(0, 0));

  /** No leg comes so far; numbers above it are a mistake, or somebody's who means ill. */
  public static final long MAX_NUMBER = WireEpoch.MAX_NUMBER;

  /** Bytes of the binary form: the number, little-endian, then the incarnation's 16. */
  public static final int SIZE_BYTES = 24;

  private static final int INCARNATION_OFFSET_BYTES = 8;

  private static final ValueLayout.OfLong NUMBER =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Epoch {
    Objects.requireNonNull(incarnation, "incarnation");
    if (number < 0 || number > MAX_NUMBER) {
      throw new IllegalArgumentException("no number of an epoch: " + number);
    }
  }

  /** Whether nobody's term is meant. */
  public boolean isNone() {
    return number == 0;
  }

  public boolean isHigherThan(Epoch other) {
    return number > other.number;
  }

  /**
   * Whether who promised or admitted {@code before} may do so for this one: it is higher, or the
   * same again. An equal number of another incarnation never may.
   */
  public boolean mayFollow(Epoch before) {
    return number > before.number || equals(before);
  }

  /**
   * The next term after this one, for the controller {@code claimant}.
   *
   * @throws IllegalArgumentException where this is the last one
   */
  public Epoch next(UUID claimant) {
    return new Epoch(number + 1, claimant);
  }

  /** Writes the binary form, {@link #SIZE_BYTES} long. */
  public void write(MemorySegment target, long offsetBytes) {
    target.set(NUMBER, offsetBytes, number);
    UuidBytes.write(target, offsetBytes + INCARNATION_OFFSET_BYTES, incarnation);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException where it is no number of an epoch
   */
  public static Epoch read(MemorySegment source, long offsetBytes) {
    return new Epoch(
        source.get(NUMBER, offsetBytes),
        UuidBytes.read(source, offsetBytes + INCARNATION_OFFSET_BYTES));
  }

  /** As in logs: the number in hex, as in a logical disk's NQN, and whose it is. */
  @Override
  public String toString() {
    return Long.toHexString(number) + "/" + incarnation;
  }
}
