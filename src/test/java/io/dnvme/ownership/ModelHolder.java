package io.dnvme.ownership;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A holder's process and its store: what was not flushed when it dies is on the medium or not, each
 * entry by itself.
 */
final class ModelHolder extends ModelNode implements HolderStore {

  private static final long MICROS = 1_000L;

  private final UUID identity;
  private final Random random;
  private final OwnershipModel model;
  private final Map<UUID, byte[]> medium = new HashMap<>();
  private Collection<HolderEntry> writing = List.of();
  private Collection<UUID> removing = List.of();
  private RecordHolder holder;
  private double failures;
  private double deaths;

  ModelHolder(UUID identity, String name, OwnershipModel model, Random random, double rate) {
    super(name, model.time, rate, random.nextLong(1L << 40));
    this.identity = identity;
    this.model = model;
    this.random = random;
  }

  @Override
  public UUID identity() {
    return identity;
  }

  Holder asHolder() {
    return new Holder(identity, "");
  }

  void start(Set<PlantedBug> bugs) {
    begin();
    holder = new RecordHolder(this, this, bugs, RecordHolder.MAX_LEGS);
  }

  /** How likely a write of the store fails. */
  void failures(double probability) {
    failures = probability;
  }

  /** How likely it dies in a write. */
  void deaths(double probability) {
    deaths = probability;
  }

  /** What it has of the leg, or null. */
  HolderEntry entry() {
    return holder.entries().stream().findFirst().orElse(null);
  }

  boolean hasFailed() {
    return holder.hasFailed();
  }

  boolean isWriting() {
    return !writing.isEmpty() || !removing.isEmpty();
  }

  @Override
  void crash() {
    for (HolderEntry entry : writing) {
      if (random.nextBoolean()) {
        medium.put(entry.leg(), HolderEntryCodec.encode(entry));
      }
    }
    for (UUID leg : removing) {
      if (random.nextBoolean()) {
        medium.remove(leg);
      }
    }
    writing = List.of();
    removing = List.of();
    super.crash();
  }

  void handle(List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
    holder.handle(batch, answer);
  }

  void connectionClosed(UUID incarnation) {
    run(() -> holder.connectionClosed(incarnation));
  }

  @Override
  public Collection<HolderEntry> entries() {
    return medium.values().stream().map(ModelHolder::decode).toList();
  }

  private static HolderEntry decode(byte[] bytes) {
    try {
      return HolderEntryCodec.decode(bytes);
    } catch (RecordFormatException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void write(
      Collection<HolderEntry> changed, Collection<UUID> removed, Consumer<Boolean> done) {
    writing = changed;
    removing = removed;
    for (HolderEntry entry : changed) {
      if (entry.accepted() != null) {
        model.accepted(entry.accepted());
      }
    }
    long flushNanos =
        random.nextInt(20) == 0 ? random.nextLong(40_000 * MICROS) : random.nextLong(2000 * MICROS);
    if (random.nextDouble() < deaths) {
      time.after(random.nextLong(flushNanos + 1), () -> model.kill(this));
    }
    boolean fails = random.nextDouble() < failures;
    runAfter(flushNanos, () -> flushed(fails, done));
  }

  private void flushed(boolean fails, Consumer<Boolean> done) {
    if (!fails) {
      writing.forEach(entry -> medium.put(entry.leg(), HolderEntryCodec.encode(entry)));
      removing.forEach(medium::remove);
      writing = List.of();
      removing = List.of();
    }
    done.accept(!fails);
  }
}
