package io.dnvme.ownership;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * The virtual disk a leg is part of: what {@code recover} needs to rebuild a lost journal from the
 * disks alone, and a controller to show the disk to hosts without one.
 *
 * @param nguid as 16 bytes in the order of a UUID's text; equal on every path, never reused
 * @param sizeBytes of the whole virtual disk
 * @param blockSizeBytes the logical block of its namespace
 * @param stripeBytes how much of it lies on one leg before the next leg's turn
 * @param legs in the order of the stripe
 * @param allowedHosts the host NQNs it is exported to
 */
public record DiskIdentity(
    UUID id,
    String name,
    UUID nguid,
    long sizeBytes,
    int blockSizeBytes,
    long stripeBytes,
    List<UUID> legs,
    List<String> allowedHosts) {

  public static final int MAX_LEGS = 256;
  public static final int MAX_NAME_BYTES = 255;
  public static final int MAX_ALLOWED_HOSTS = 64;

  /** Of a host's NQN (NVMe Base 2.0 §4.5). */
  public static final int MAX_HOST_BYTES = 223;

  public DiskIdentity {
    Objects.requireNonNull(id, "id");
    LegRecord.checkText("a virtual disk's name", name, MAX_NAME_BYTES);
    Objects.requireNonNull(nguid, "nguid");
    legs = List.copyOf(legs);
    allowedHosts = List.copyOf(allowedHosts);
    if (sizeBytes <= 0 || stripeBytes <= 0) {
      throw new IllegalArgumentException(
          "a virtual disk's sizes must be positive: " + sizeBytes + ", stripe " + stripeBytes);
    }
    if (blockSizeBytes < 512 || Integer.bitCount(blockSizeBytes) != 1) {
      throw new IllegalArgumentException(
          "a block is a power of two of at least 512 bytes, not " + blockSizeBytes);
    }
    if (legs.isEmpty() || legs.size() > MAX_LEGS || new HashSet<>(legs).size() != legs.size()) {
      throw new IllegalArgumentException(
          "a virtual disk has 1 to " + MAX_LEGS + " distinct legs, not " + legs);
    }
    if (allowedHosts.size() > MAX_ALLOWED_HOSTS) {
      throw new IllegalArgumentException(
          "a record names at most " + MAX_ALLOWED_HOSTS + " hosts, not " + allowedHosts.size());
    }
    for (String host : allowedHosts) {
      LegRecord.checkText("a host NQN", host, MAX_HOST_BYTES);
    }
  }
}
