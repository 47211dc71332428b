package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.util.function.Consumer;

/**
 * Writes the first header of a group member, whose data reads as zeroes (ZERO) and so equals the
 * other members'. Both copies of every page, the descriptor last: a member with a descriptor has
 * all of it. Asked again, finds its header and changes nothing; another's is never overwritten.
 */
public final class MemberFormat {

  private final HeaderMedium medium;
  private final HeaderImage image;
  private final MemberLayout layout;
  private final Consumer<Outcome> done;
  private final RegionBitmap none;
  private int next;

  /** What became of it. */
  public sealed interface Outcome {

    record Formatted() implements Outcome {}

    /** The medium holds something else, which was not touched. */
    record Refused(String reason) implements Outcome {}

    record Failed(BlockStatus status) implements Outcome {}
  }

  private MemberFormat(
      Reactor reactor,
      BlockDevice device,
      MemberLayout layout,
      MemberIdentity identity,
      Consumer<Outcome> done) {
    this.layout = layout;
    this.done = done;
    medium = new HeaderMedium(reactor, device, layout, identity);
    image = new HeaderImage(layout);
    none = new RegionBitmap(layout);
  }

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
    var format = new MemberFormat(reactor, device, layout, identity, done);
    format.medium.read(format.image, status -> format.found(status, identity));
  }

  private void found(BlockStatus status, MemberIdentity identity) {
    String refusal = image.refusalFor(identity);
    if (refusal != null) {
      done.accept(new Outcome.Refused(refusal));
    } else if (!status.isSuccess()) {
      done.accept(new Outcome.Failed(status));
    } else if (image.header() != null) {
      done.accept(new Outcome.Formatted());
    } else {
      writeNext();
    }
  }

  /** Each page twice, one copy after the other, so that no older content is left in either. */
  private void writeNext() {
    int pages = MemberLayout.BITMAPS * layout.pagesPerBitmap();
    int rest = 2 * pages - next;
    if (rest > 0) {
      int index = next % pages;
      medium.add(
          index / layout.pagesPerBitmap(),
          index % layout.pagesPerBitmap(),
          HeaderAges.FORMATTED,
          PeerSlot.FREE,
          none.words(),
          0);
    } else if (rest > -2) {
      medium.addDescriptor(HeaderAges.FORMATTED, MemberHeader.noPeers());
    } else {
      done.accept(new Outcome.Formatted());
      return;
    }
    next++;
    medium.write(status -> {
      if (status.isSuccess()) {
        writeNext();
      } else {
        done.accept(new Outcome.Failed(status));
      }
    });
  }
}
