package io.dnvme.ownership;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Messages between a model's nodes: late, lost, twice, overtaking each other, or not at all. */
final class ModelNetwork {

  private static final long MICROS = 1_000L;
  private static final long MILLIS = 1_000_000L;

  private final ModelTime time;
  private final Random random;
  private final Set<String> cut = new HashSet<>();
  private final Map<String, Long> slowNanos = new HashMap<>();
  private double loss;
  private double duplication;
  private double lateness;
  private long lost;
  private long duplicated;
  private long late;

  ModelNetwork(ModelTime time, Random random) {
    this.time = time;
    this.random = random;
  }

  void troubles(double newLoss, double newDuplication, double newLateness) {
    loss = newLoss;
    duplication = newDuplication;
    lateness = newLateness;
  }

  /** One way only. */
  void cut(ModelNode from, ModelNode to) {
    cut.add(key(from, to));
  }

  void slow(ModelNode from, ModelNode to, long byNanos) {
    slowNanos.put(key(from, to), byNanos);
  }

  void heal() {
    cut.clear();
    slowNanos.clear();
  }

  long lost() {
    return lost;
  }

  long duplicated() {
    return duplicated;
  }

  long late() {
    return late;
  }

  /** Lets {@code arrival} run at {@code to}, maybe. */
  void send(ModelNode from, ModelNode to, Runnable arrival) {
    if (cut.contains(key(from, to)) || random.nextDouble() < loss) {
      lost++;
      return;
    }
    deliver(from, to, arrival);
    if (random.nextDouble() < duplication) {
      duplicated++;
      deliver(from, to, arrival);
    }
  }

  private void deliver(ModelNode from, ModelNode to, Runnable arrival) {
    long delayNanos = 50 * MICROS + random.nextLong(400 * MICROS);
    delayNanos += slowNanos.getOrDefault(key(from, to), 0L);
    if (random.nextDouble() < lateness) {
      late++;
      delayNanos +=
          random.nextBoolean() ? random.nextLong(60 * MILLIS) : random.nextLong(3000 * MILLIS);
    }
    // What arrives after a restart arrives at the new process, as on a connection made anew.
    time.after(delayNanos, () -> to.run(arrival));
  }

  private static String key(ModelNode from, ModelNode to) {
    return from.name + ">" + to.name;
  }
}
