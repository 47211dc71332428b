package io.dnvme.ownership;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** A holder's store whose flushes end when the test says so. */
final class ManualStore implements HolderStore {

  private final Map<UUID, HolderEntry> medium = new HashMap<>();
  private final ArrayDeque<Runnable> flushes = new ArrayDeque<>();
  private final boolean manual;
  private Consumer<Boolean> last;

  /**
   * @param manual whether flushes wait for {@link #flush}; else they end at once
   */
  ManualStore(boolean manual) {
    this.manual = manual;
  }

  @Override
  public UUID identity() {
    return Samples.id(5, 1);
  }

  @Override
  public Collection<HolderEntry> entries() {
    return medium.values();
  }

  @Override
  public void write(
      Collection<HolderEntry> changed, Collection<UUID> removed, Consumer<Boolean> done) {
    last = done;
    flushes.add(() -> {
      changed.forEach(entry -> medium.put(entry.leg(), entry));
      removed.forEach(medium::remove);
      done.accept(true);
    });
    if (!manual) {
      flush();
    }
  }

  int writesUnderWay() {
    return flushes.size();
  }

  void flush() {
    flushes.remove().run();
  }

  void fail() {
    flushes.remove();
    last.accept(false);
  }
}
