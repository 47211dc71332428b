package io.dnvme.sim;

import io.dnvme.agent.leg.LegStatus;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Two deciders above the controllers of a {@link LegCourse} that disagree: each has wishes of its
 * own, who is to serve the leg and which nodes are to keep its record, changes them at any time,
 * and tells them to either controller, or to both, again and again. What they say comes late, and
 * what was said before may come after it. At the end of a course they agree.
 */
final class LegDeciders {

  private static final int DECIDERS = 2;
  private static final long MAX_LATE_NANOS = 2_500 * SimWorld.MILLIS;

  /** What one of them wishes. */
  private static final class Decider {
    private SimController owner;
    private List<UUID> holders;
  }

  private final LegCourse course;
  private final List<Decider> deciders = new ArrayList<>();
  private List<UUID> agreed;

  /**
   * @param holders who keep the record from the beginning
   */
  LegDeciders(LegCourse course, List<UUID> holders) {
    this.course = course;
    agreed = holders;
    for (int i = 0; i < DECIDERS; i++) {
      var decider = new Decider();
      decider.owner = course.controllers().get(i % course.controllers().size());
      decider.holders = holders;
      deciders.add(decider);
    }
  }

  /** Three of the nodes, seldom one, or five where there are so many. */
  List<UUID> anyHolders(SplittableRandom random) {
    int dice = random.nextInt(8);
    int count = dice == 0 ? 1 : dice == 1 && course.nodes().size() >= 5 ? 5 : 3;
    // One that forgets must not be the only one.
    List<UUID> nodes =
        new ArrayList<>(
            course.nodes().stream()
                .filter(node -> count > 1 || !node.isMemory())
                .map(SimDiskNode::id)
                .toList());
    List<UUID> holders = new ArrayList<>();
    while (holders.size() < count) {
      holders.add(nodes.remove(random.nextInt(nodes.size())));
    }
    return holders;
  }

  /** Others than they are, for once: told to all at once. */
  void change(SplittableRandom random) {
    LegStatus status = course.owner().status();
    List<UUID> wanted = anyHolders(random);
    for (int i = 0; i < 3 && status != null && status.record() != null; i++) {
      if (!stores(status.record().holders()).equals(storesOf(wanted))) {
        break;
      }
      wanted = anyHolders(random);
    }
    for (SimController controller : course.controllers()) {
      controller.wantHolders(wanted);
    }
  }

  /** They say this and that for a while. */
  void disagree(SplittableRandom random) {
    for (Decider decider : deciders) {
      if (random.nextInt(3) != 0) {
        decider.holders = anyHolders(random);
      }
      if (random.nextBoolean()) {
        decider.owner = course.controllers().get(random.nextInt(course.controllers().size()));
      }
      for (int times = random.nextInt(1, 4); times > 0; times--) {
        say(decider, random);
      }
    }
  }

  /** Each word for itself, so that a later one may come first. */
  private void say(Decider decider, SplittableRandom random) {
    List<UUID> holders = decider.holders;
    SimController owner = decider.owner;
    boolean ofOwner = random.nextBoolean();
    for (SimController told : course.controllers()) {
      if (random.nextInt(4) != 0) {
        course.later(random.nextLong(MAX_LATE_NANOS), () -> told.wantHolders(holders));
      }
      if (ofOwner && told != owner) {
        course.later(random.nextLong(MAX_LATE_NANOS), told::giveBack);
      }
    }
  }

  /** Whatever was said before, this is what is wanted: told to all. */
  void agree(SplittableRandom random) {
    agree(anyHolders(random));
  }

  /** As {@link #agree(SplittableRandom)}, on these. */
  void agree(List<UUID> holders) {
    agreed = holders;
    course.controllers().forEach(controller -> controller.wantHolders(agreed));
  }

  /**
   * Whether the leg's record is kept by whom they agreed on, and nobody else thinks that he does.
   */
  boolean isDone(LegFacts facts) {
    LegStatus status = course.owner().status();
    LegRecord record = status == null ? null : status.record();
    return record != null
        && !record.changesHolders()
        && stores(record.holders()).equals(storesOf(agreed))
        && facts.othersKnow(record);
  }

  private Set<UUID> storesOf(List<UUID> wanted) {
    Set<UUID> stores = new HashSet<>();
    for (SimDiskNode node : course.nodes()) {
      if (wanted.contains(node.id()) && node.agent() != null) {
        stores.add(node.agent().holder().identity());
      }
    }
    return stores;
  }

  private static Set<UUID> stores(List<Holder> holders) {
    Set<UUID> stores = new HashSet<>();
    holders.forEach(holder -> stores.add(holder.store()));
    return stores;
  }
}
