package io.dnvme.target.controller;

import io.dnvme.nvme.EffectsLog;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.target.queue.CommandSlot;
import java.util.Map;
import java.util.TreeMap;

/**
 * The features of a kind of controller, by identifier. None can be saved: what a reset does not
 * forget lives as long as the controller, which is dynamic.
 *
 * @param <C> the kind of controller
 */
abstract class Features<C extends Controller> {

  /** Completes a Get or a Set Features. */
  @FunctionalInterface
  interface Access {
    void execute(CommandSlot command, FeaturesCommand features);
  }

  /**
   * A feature.
   *
   * @param capabilities as {@link FeaturesCommand#SEL_CAPABILITIES} returns them
   * @param defaultValue dword 0 of the default value
   * @param get answers with the current value
   * @param set changes it; not called where it cannot be changed
   */
  record Entry(int capabilities, int defaultValue, Access get, Access set) {

    boolean isChangeable() {
      return (capabilities & FeaturesCommand.CAPABILITY_CHANGEABLE) != 0;
    }

    boolean isNamespaceSpecific() {
      return (capabilities & FeaturesCommand.CAPABILITY_NAMESPACE_SPECIFIC) != 0;
    }
  }

  private final Map<Integer, Entry> entries = new TreeMap<>();
  private final C controller;

  Features(C controller) {
    this.controller = controller;
  }

  final C controller() {
    return controller;
  }

  /** The feature, or null where there is none. */
  final Entry find(int fid) {
    return entries.get(fid);
  }

  /** Controller level reset. */
  abstract void reset();

  /** Says in log page 12h which features there are and what they belong to. */
  final void describe(EffectsLog log) {
    entries.forEach((fid, entry) -> {
      int scope =
          entry.isNamespaceSpecific() ? EffectsLog.FSP_NAMESPACE : EffectsLog.FSP_CONTROLLER;
      log.set(fid, (int) (EffectsLog.FSUPP.of(1) | EffectsLog.FSP.of(scope)));
    });
  }

  final void fixed(int fid, int value, Access get) {
    entries.put(fid, new Entry(0, value, get, null));
  }

  final void changeable(int fid, int defaultValue, Access get, Access set) {
    entries.put(fid, new Entry(FeaturesCommand.CAPABILITY_CHANGEABLE, defaultValue, get, set));
  }

  final void ofNamespaces(int fid, int defaultValue, Access get, Access set) {
    entries.put(
        fid,
        new Entry(
            FeaturesCommand.CAPABILITY_CHANGEABLE | FeaturesCommand.CAPABILITY_NAMESPACE_SPECIFIC,
            defaultValue,
            get,
            set));
  }
}
