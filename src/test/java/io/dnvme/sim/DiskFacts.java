package io.dnvme.sim;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.sim.History.Op;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What claimants were told of one logical disk, and what they asked for and do not know. */
final class DiskFacts {

  /** Blocks of one logical disk, at most: its blocks' numbers in the history follow from it. */
  private static final long STRIDE = 1L << 20;

  /**
   * An association with it, under an epoch.
   *
   * <p>It is over when somebody was told of something that ends it: a higher epoch is admitted; its
   * own again, or another association is let in, which was asked for when this one was live; the
   * logical disk is freed; the disk node's process has ended.
   */
  static final class Association {
    private final DiskFacts disk;
    private final Epoch epoch;
    private final String claimant;
    private final long number;
    private final long begunNanos;
    private long liveNanos = Long.MAX_VALUE;
    private final List<Op> inFlight = new ArrayList<>();
    private final Set<Op> forgotten = new LinkedHashSet<>();
    private boolean over;

    private Association(
        DiskFacts disk, Epoch epoch, String claimant, long number, long begunNanos) {
      this.disk = disk;
      this.epoch = epoch;
      this.claimant = claimant;
      this.number = number;
      this.begunNanos = begunNanos;
    }

    DiskFacts disk() {
      return disk;
    }

    Epoch epoch() {
      return epoch;
    }

    long begunNanos() {
      return begunNanos;
    }

    void live(long nowNanos) {
      liveNanos = nowNanos;
    }

    boolean isLive() {
      return liveNanos < Long.MAX_VALUE;
    }

    boolean isOver() {
      return over;
    }

    void over() {
      over = true;
    }

    /** Commands whose outcome nobody was told. */
    List<Op> inFlight() {
      return inFlight;
    }

    /** Of those, the ones of which nobody will be told any more. */
    Set<Op> forgotten() {
      return forgotten;
    }

    @Override
    public String toString() {
      return "association %d of %s with %s at %d".formatted(number, claimant, disk, epoch.number());
    }
  }

  private final int number;
  private final UUID id;
  private final UUID leg;
  private final int firstExtents;
  private final List<Association> associations = new ArrayList<>();

  /** Requests to allocate it whose answer did not come: it may come into being again. */
  int allocationsInDoubt;

  int extentsAsked;
  int extentsAnswered;
  boolean freeAsked;
  boolean freeAnswered;
  private Epoch admitted = Epoch.NONE;
  private long highestSeen;

  DiskFacts(int number, UUID id, UUID leg, int firstExtents) {
    this.number = number;
    this.id = id;
    this.leg = leg;
    this.firstExtents = firstExtents;
    extentsAsked = firstExtents;
  }

  UUID id() {
    return id;
  }

  UUID leg() {
    return leg;
  }

  int firstExtents() {
    return firstExtents;
  }

  /** Whether it was answered that there is one. */
  boolean isThere() {
    return extentsAnswered > 0 && !freeAsked;
  }

  /** The highest epoch of which it was answered that it is admitted. */
  Epoch admitted() {
    return admitted;
  }

  void admitted(Epoch epoch) {
    admitted = epoch;
  }

  /** The highest number that anybody has asked for, or seen in an answer. */
  long highestSeen() {
    return highestSeen;
  }

  void seen(long epochNumber) {
    highestSeen = Math.max(highestSeen, epochNumber);
  }

  Association associate(Epoch epoch, String claimant, long associationNumber, long nowNanos) {
    var association = new Association(this, epoch, claimant, associationNumber, nowNanos);
    associations.add(association);
    return association;
  }

  /** Those that are over by something at this epoch that was asked for then. */
  List<Association> before(Epoch epoch, long askedNanos) {
    return associations.stream()
        .filter(one -> !one.over)
        .filter(one ->
            epoch.isHigherThan(one.epoch) || epoch.equals(one.epoch) && one.liveNanos < askedNanos)
        .toList();
  }

  List<Association> open() {
    return associations.stream().filter(one -> !one.over).toList();
  }

  /** By which number a block of it goes in the history: unique in the world. */
  long historyBlock(long block) {
    return number * STRIDE + block;
  }

  @Override
  public String toString() {
    return "logical disk " + number;
  }
}
