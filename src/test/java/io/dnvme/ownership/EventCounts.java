package io.dnvme.ownership;

import java.util.Map;
import java.util.TreeMap;

/** What happened how often. */
final class EventCounts {

  private final Map<String, Long> counts = new TreeMap<>();

  void add(String what) {
    add(what, 1);
  }

  void add(String what, long times) {
    counts.merge(what, times, Long::sum);
  }

  void addAll(EventCounts other) {
    other.counts.forEach(this::add);
  }

  long of(String what) {
    return counts.getOrDefault(what, 0L);
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    counts.forEach((what, times) -> text.append(String.format("%10d  %s%n", times, what)));
    return text.toString();
  }
}
