package io.dnvme.target.subsystem;

import java.util.UUID;

/**
 * Namespace globally unique identifier: 16 bytes, here as two numbers of which the first holds the
 * first eight bytes, big-endian as in the structure.
 */
public record Nguid(long high, long low) {

  public static Nguid of(UUID uuid) {
    return new Nguid(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
  }

  public boolean isZero() {
    return (high | low) == 0;
  }

  @Override
  public String toString() {
    return "%016x%016x".formatted(high, low);
  }
}
