package io.dnvme.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/** How often each nemesis struck at each protocol step: a zero says that nothing was tested. */
final class NemesisTable {

  private final List<String> nemeses;
  private final List<String> steps;
  private final long[][] counts;

  NemesisTable(List<String> nemeses, List<String> steps) {
    this.nemeses = nemeses;
    this.steps = steps;
    counts = new long[nemeses.size()][steps.size()];
  }

  void count(String nemesis, String step) {
    counts[nemeses.indexOf(nemesis)][steps.indexOf(step)]++;
  }

  void add(NemesisTable other) {
    for (int row = 0; row < counts.length; row++) {
      for (int column = 0; column < steps.size(); column++) {
        counts[row][column] += other.counts[row][column];
      }
    }
  }

  /**
   * Pairs that never met.
   *
   * @param must which have to
   */
  List<String> zeroes(BiPredicate<String, String> must) {
    var zeroes = new ArrayList<String>();
    for (int row = 0; row < counts.length; row++) {
      for (int column = 0; column < steps.size(); column++) {
        if (counts[row][column] == 0 && must.test(nemeses.get(row), steps.get(column))) {
          zeroes.add(nemeses.get(row) + " at " + steps.get(column));
        }
      }
    }
    return zeroes;
  }

  @Override
  public String toString() {
    var text = new StringBuilder(String.format("%-22s", "nemesis \\ step"));
    steps.forEach(step -> text.append(String.format(" %10s", shortened(step))));
    for (int row = 0; row < counts.length; row++) {
      text.append(String.format("%n%-22s", nemeses.get(row)));
      for (long count : counts[row]) {
        text.append(String.format(" %10d", count));
      }
    }
    return text.toString();
  }

  private static String shortened(String step) {
    return step.length() <= 10 ? step : step.substring(0, 10);
  }
}
