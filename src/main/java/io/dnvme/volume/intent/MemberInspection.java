package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.util.function.Consumer;

/**
 * Finds out from a group member's header what a loss of power may have taken from it, before it is
 * used (INTENT). Changes nothing on the medium. On the reactor that asks.
 */
public final class MemberInspection {

  /** What was found. */
  public sealed interface Outcome {

    /**
     * No region's intent bit is set: nothing was under way that was not flushed.
     *
     * @param generation of the header: those of in-sync members differ by one at most
     */
    record Clean(long generation) implements Outcome {}

    /**
     * Regions have their bits set, or bits may be lost: they may differ from other members'.
     *
     * @param generation of the header
     */
    record Uncleared(long generation) implements Outcome {}

    /** There is no header. */
    record Empty() implements Outcome {}

    /** It is no member of this group. */
    record Refused(String reason) implements Outcome {}

    record Failed(BlockStatus status) implements Outcome {}
  }

  private MemberInspection() {}

  /**
   * On {@code reactor}, where the answer comes too.
   *
   * @param device the member's whole device
   */
  public static void start(
      Reactor reactor,
      BlockDevice device,
      MemberLayout layout,
      MemberIdentity identity,
      Consumer<Outcome> done) {
    String misfit = layout.misfit(device.geometry());
    if (misfit != null) {
      done.accept(new Outcome.Refused(misfit));
      return;
    }
    var image = new HeaderImage(layout);
    new HeaderMedium(reactor, device, layout, identity)
        .read(image, status -> done.accept(outcome(image, status, layout, identity)));
  }

  private static Outcome outcome(
      HeaderImage image, BlockStatus status, MemberLayout layout, MemberIdentity identity) {
    String refusal = image.refusalFor(identity);
    if (refusal != null) {
      return new Outcome.Refused(refusal);
    }
    if (!status.isSuccess()) {
      return new Outcome.Failed(status);
    }
    if (image.header() == null) {
      return new Outcome.Empty();
    }
    long generation = image.generation();
    return isClean(image, layout)
        ? new Outcome.Clean(generation)
        : new Outcome.Uncleared(generation);
  }

  private static boolean isClean(HeaderImage image, MemberLayout layout) {
    for (int page = 0; page < layout.pagesPerBitmap(); page++) {
      // A damaged copy may be the newer one, with bits that the other lacks.
      if (!image.bothCopies(0, page)) {
        return false;
      }
      for (long word : image.words(0, page)) {
        if (word != 0) {
          return false;
        }
      }
    }
    return true;
  }
}
