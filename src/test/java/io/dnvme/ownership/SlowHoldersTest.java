package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Holders whose media take seconds for a write, and lose nothing. */
class SlowHoldersTest extends HolderChangeRig {

  private static final long FAST = MILLIS / 1000;

  private long writeNanos = FAST;

  private final class SlowStore implements HolderStore {
    private final UUID identity;
    private final Map<UUID, HolderEntry> medium = new HashMap<>();

    SlowStore(UUID identity) {
      this.identity = identity;
    }

    @Override
    public UUID identity() {
      return identity;
    }

    @Override
    public Collection<HolderEntry> entries() {
      return new ArrayList<>(medium.values());
    }

    @Override
    public void write(
        Collection<HolderEntry> changed, Collection<UUID> removed, Consumer<Boolean> done) {
      time.after(
          writeNanos,
          () -> {
            changed.forEach(entry -> medium.put(entry.leg(), entry));
            removed.forEach(medium::remove);
            done.accept(true);
          });
    }
  }

  /**
   * The old holders are asked for the record of both sets when the next ones have it, which takes
   * longer than a step that nobody is at.
   */
  @Test
  void halfStepOfAnOwnerThatDied_isFinishedThoughEachWriteTakesSeconds() {
    for (int millis : new int[] {700, 1600, 3000}) {
      var test = new SlowHoldersTest();
      test.start();
      test.finishesHalfStep(millis * MILLIS);
    }
  }

  private void finishesHalfStep(long slowNanos) {
    for (Holder holder : Samples.holders(1, 2, 3, 4, 5)) {
      holders.put(holder.store(), new RecordHolder(new SlowStore(holder.store()), clock));
    }
    create();
    changeHolders(3, 4, 5);
    for (int i = 0; i < 20_000 && countOfBoth() < 3; i++) {
      run(MILLIS / 10);
    }
    assertThat(countOfBoth()).isEqualTo(3);
    first.cutOff = true;
    writeNanos = slowNanos;
    second.leg.claim();
    run(WAIT + 20 * slowNanos);
    assertThat(second.leg.mayAnswer()).as("writes of %d ns", slowNanos).isTrue();
  }

  /** How many of the old holders have the record that names both sets. */
  private long countOfBoth() {
    return IntStream.rangeClosed(1, 3)
        .mapToObj(number -> entryOf(number).accepted())
        .filter(accepted -> accepted != null && accepted.changesHolders())
        .count();
  }
}
