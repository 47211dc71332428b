package io.dnvme.target.reservation;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.UUID;

/**
 * A {@link ReservationState} in bytes, as it is stored. Little-endian, identifiers in the order in
 * which a UUID's text shows them:
 *
 * <pre>
 *   0   16 bytes   UUID of the namespace
 *   16   4 bytes   generation
 *   20   1 byte    1: persists through power loss
 *   21   1 byte    reservation type, 0 for none
 *   22   2 bytes   number of registrants, n
 *   24  16 bytes   host identifier of the holder; zero where there is not exactly one
 *   40  24 n       registrants: 16 bytes host identifier, 8 bytes key
 * </pre>
 *
 * The first release is version {@value #VERSION}; its golden file is {@code reservations-v1.bin}.
 */
final class ReservationFormat {

  static final String MAGIC = "DNVMERSV";
  static final int VERSION = 1;

  private static final int HEADER_BYTES = 40;
  private static final int REGISTRANT_BYTES = 24;
  private static final UUID NOBODY = new UUID(0, 0);

  private ReservationFormat() {}

  static ByteBuffer encode(UUID namespace, ReservationState state) {
    int count = state.registrants().size();
    ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + count * REGISTRANT_BYTES);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    putUuid(bytes, namespace);
    bytes.putInt(state.generation());
    bytes.put((byte) (state.persistent() ? 1 : 0));
    bytes.put((byte) (state.isHeld() ? state.type().code() : 0));
    bytes.putShort((short) count);
    putUuid(bytes, state.holder() == null ? NOBODY : state.holder());
    for (Registrant registrant : state.registrants()) {
      putUuid(bytes, registrant.hostId());
      bytes.putLong(registrant.key());
    }
    return bytes.flip();
  }

  /**
   * @throws IllegalArgumentException if the bytes do not say what may be, with the reason
   */
  static ReservationState decode(UUID namespace, ByteBuffer source) {
    ByteBuffer bytes = source.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    try {
      UUID found = getUuid(bytes);
      if (!found.equals(namespace)) {
        throw new IllegalArgumentException(
            "it belongs to namespace " + found + ", not to " + namespace);
      }
      int generation = bytes.getInt();
      boolean persistent = bytes.get() != 0;
      int typeCode = bytes.get();
      ReservationType type = ReservationType.of(typeCode);
      if (type == null && typeCode != 0) {
        throw new IllegalArgumentException("there is no reservation type " + typeCode);
      }
      int count = Short.toUnsignedInt(bytes.getShort());
      UUID holder = getUuid(bytes);
      var registrants = new ArrayList<Registrant>();
      for (int i = 0; i < count; i++) {
        registrants.add(new Registrant(getUuid(bytes), bytes.getLong()));
      }
      if (bytes.hasRemaining()) {
        throw new IllegalArgumentException(bytes.remaining() + " bytes too many");
      }
      return new ReservationState(
          generation, registrants, type, holder.equals(NOBODY) ? null : holder, persistent);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("it ends too early", e);
    }
  }

  private static void putUuid(ByteBuffer bytes, UUID uuid) {
    bytes.putLong(Long.reverseBytes(uuid.getMostSignificantBits()));
    bytes.putLong(Long.reverseBytes(uuid.getLeastSignificantBits()));
  }

  private static UUID getUuid(ByteBuffer bytes) {
    return new UUID(Long.reverseBytes(bytes.getLong()), Long.reverseBytes(bytes.getLong()));
  }
}
