package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Timers.Timer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Reads the headers of a group's in-sync members side by side; one that takes too long for that
 * cannot be used, where another one does better. On the group's home reactor.
 */
final class HeaderOpening {

  /**
   * What was found, by member number.
   *
   * @param images null for a member that is not in-sync or whose header cannot be used
   * @param media for those with an image
   * @param refusals why a header cannot be used, or null
   */
  record Opened(HeaderImage[] images, HeaderMedium[] media, String[] refusals) {}

  private static final int STARTING = 1 << Integer.SIZE - 1;

  private final MemberLayout layout;
  private final MirrorGroup group;
  private final List<MemberIdentity> identities;
  private final Opened opened;
  private final long timeoutNanos;
  private Consumer<Opened> done;
  private Timer limit;
  private int reading;

  HeaderOpening(
      MemberLayout layout, MirrorGroup group, List<MemberIdentity> identities, long timeoutNanos) {
    this.layout = layout;
    this.group = group;
    this.identities = identities;
    this.timeoutNanos = timeoutNanos;
    int members = identities.size();
    opened = new Opened(new HeaderImage[members], new HeaderMedium[members], new String[members]);
  }

  void start(Consumer<Opened> whenOpened) {
    done = whenOpened;
    int readable = group.inSync() & ~group.failed();
    // None of them ends the reading before all began.
    reading = readable | STARTING;
    for (int rest = readable; rest != 0; rest &= rest - 1) {
      read(Integer.numberOfTrailingZeros(rest));
    }
    limit = group.reactor().timers().schedule(timeoutNanos, this::late);
    ended(STARTING);
  }

  private void late() {
    if (Arrays.stream(opened.images).allMatch(Objects::isNull)) {
      // Nobody does better: whoever asks decides how long it waits.
      limit = group.reactor().timers().schedule(timeoutNanos, this::late);
      return;
    }
    for (int member = 0; member < identities.size(); member++) {
      if ((reading & 1 << member) != 0) {
        opened.refusals[member] =
            "the header of %s is not read in time".formatted(identities.get(member));
      }
    }
    ended(reading);
  }

  private void read(int member) {
    BlockDevice device = group.device(member);
    if (device == null) {
      opened.refusals[member] = "the member is not connected";
      ended(1 << member);
      return;
    }
    var medium = new HeaderMedium(group.reactor(), device, layout, identities.get(member));
    var image = new HeaderImage(layout);
    medium.read(
        image,
        status -> {
          if ((reading & 1 << member) == 0) {
            return;
          }
          String refusal = refusal(image, status, identities.get(member));
          opened.refusals[member] = refusal;
          if (refusal == null) {
            opened.images[member] = image;
            opened.media[member] = medium;
          }
          ended(1 << member);
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

  private void ended(int members) {
    reading &= ~members;
    if (reading == 0) {
      limit.cancel();
      done.accept(opened);
    }
  }
}
