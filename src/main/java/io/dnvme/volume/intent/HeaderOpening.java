package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import java.util.List;
import java.util.function.Consumer;

/** Reads the headers of a group's in-sync members side by side. On the group's home reactor. */
final class HeaderOpening {

  /**
   * What was found, by member number.
   *
   * @param images null for a member that is not in-sync or whose header cannot be used
   * @param media for those with an image
   * @param refusals why a header cannot be used, or null
   */
  record Opened(HeaderImage[] images, HeaderMedium[] media, String[] refusals) {}

  private final MemberLayout layout;
  private final MirrorGroup group;
  private final List<MemberIdentity> identities;
  private final Opened opened;
  private Consumer<Opened> done;
  private int pending = 1;

  HeaderOpening(MemberLayout layout, MirrorGroup group, List<MemberIdentity> identities) {
    this.layout = layout;
    this.group = group;
    this.identities = identities;
    int members = identities.size();
    opened = new Opened(new HeaderImage[members], new HeaderMedium[members], new String[members]);
  }

  void start(Consumer<Opened> whenOpened) {
    done = whenOpened;
    int readable = group.inSync() & ~group.failed();
    for (int rest = readable; rest != 0; rest &= rest - 1) {
      read(Integer.numberOfTrailingZeros(rest));
    }
    ended();
  }

  private void read(int member) {
    BlockDevice device = group.device(member);
    if (device == null) {
      opened.refusals[member] = "the member is not connected";
      return;
    }
    pending++;
    var medium = new HeaderMedium(group.reactor(), device, layout, identities.get(member));
    var image = new HeaderImage(layout);
    medium.read(
        image,
        status -> {
          String refusal = refusal(image, status, identities.get(member));
          opened.refusals[member] = refusal;
          if (refusal == null) {
            opened.images[member] = image;
            opened.media[member] = medium;
          }
          ended();
        });
  }

  private static String refusal(HeaderImage image, BlockStatus status, MemberIdentity identity) {
    String refusal = image.refusalFor(identity);
    if (refusal != null) {
      return refusal;
    }
    if (!status.isSuccess()) {
      return "the header of %s cannot be read: %s".formatted(identity, status);
    }
    return image.header() == null ? "%s has no header".formatted(identity) : null;
  }

  private void ended() {
    if (--pending == 0) {
      done.accept(opened);
    }
  }
}
