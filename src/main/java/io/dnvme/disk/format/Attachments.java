package io.dnvme.disk.format;

import io.dnvme.block.Reactor;
import java.util.ArrayList;
import java.util.List;

/**
 * Who uses a logical disk at present: one association at its admitted epoch, and those that were
 * cut and still have commands in flight (OWNER). Lives on the store's reactor.
 */
final class Attachments {

  private record Attached(SliceDevice device, AttachmentListener listener) {}

  private final Reactor home;
  private final List<Attached> live = new ArrayList<>();
  private List<Runnable> waiting = new ArrayList<>();
  private int draining;

  Attachments(Reactor home) {
    this.home = home;
  }

  /** Whether nobody is attached and no command of an earlier one is in flight. */
  boolean isEmpty() {
    return live.isEmpty() && draining == 0;
  }

  void add(SliceDevice device, AttachmentListener listener) {
    live.add(new Attached(device, listener));
  }

  void grow(SliceMap larger) {
    for (Attached attached : List.copyOf(live)) {
      attached.device.grow(larger);
      attached.listener.grown();
    }
  }

  /** Cuts all; {@code drained} is told when none of their commands is in flight any more. */
  void cutAll(Runnable drained) {
    List<Attached> cut = List.copyOf(live);
    live.clear();
    cut.forEach(this::cut);
    whenDrained(drained);
  }

  /** Cuts this one, where it is not yet; {@code drained} as above, of all that were cut. */
  void cut(SliceDevice device, Runnable drained) {
    for (Attached attached : List.copyOf(live)) {
      if (attached.device == device) {
        live.remove(attached);
        cut(attached);
      }
    }
    whenDrained(drained);
  }

  private void cut(Attached attached) {
    draining++;
    attached.device.revoke(home, this::drained);
    attached.listener.cut();
  }

  private void whenDrained(Runnable then) {
    if (draining == 0) {
      then.run();
    } else {
      waiting.add(then);
    }
  }

  private void drained() {
    draining--;
    if (draining == 0) {
      List<Runnable> told = waiting;
      waiting = new ArrayList<>();
      told.forEach(Runnable::run);
    }
  }
}
