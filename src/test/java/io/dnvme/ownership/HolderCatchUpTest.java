package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a holder is asked that missed the promise and answers renewals faster than its disk. */
class HolderCatchUpTest {

  private static final UUID HOLDER = Samples.id(5, 3);
  private static final HolderReply NOT_PROMISED =
      new HolderReply.Refused(Samples.LEG, Reason.NOT_PROMISED, Epoch.NONE, 0);
  private static final HolderReply PROMISED =
      new HolderReply.Promised(Samples.LEG, Samples.EPOCH, null);

  /** Keeps what it is given; the test answers. */
  private static final class Link implements HolderLink {
    private final boolean answersAll;
    private final List<HolderRequest> asked = new ArrayList<>();
    private final List<Consumer<List<HolderReply>>> answers = new ArrayList<>();

    Link(boolean answersAll) {
      this.answersAll = answersAll;
    }

    @Override
    public void send(UUID holder, List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
      assertThat(holder).isEqualTo(HOLDER);
      asked.addAll(batch);
      answers.add(answer);
    }

    @Override
    public boolean answersAll() {
      return answersAll;
    }

    void answerLast(HolderReply... replies) {
      answers.getLast().accept(List.of(replies));
    }
  }

  /** Whose record is the first one. */
  private static final class Leg implements HolderCatchUp.Leg {

    @Override
    public LegRecord record() {
      return Samples.first();
    }

    @Override
    public LegRecord newestAsked() {
      return Samples.first();
    }

    @Override
    public void seen(Epoch promised) {
      throw new AssertionError("nobody promised " + promised);
    }

    @Override
    public void lost(Epoch promised) {
      throw new AssertionError("nobody promised " + promised);
    }
  }

  private final ModelTime time = new ModelTime();
  private final ModelNode clock = new ModelNode("clock", time, 1, 0);

  private HolderCatchUp catchUp(Link link) {
    clock.begin();
    var ports = new OwnershipPorts(clock, clock, link, new Random(1), OwnershipOptions.DEFAULT);
    var quorum = Quorum.of(Samples.holders(1, 2, 3), List.of());
    var lease = new Lease(Samples.LEG, Samples.EPOCH, LegRecord.DEFAULT_LEASE_MS, quorum, clock);
    return new HolderCatchUp(ports, lease, new Leg());
  }

  /** As for ten seconds, a renewal each time that it may be asked again. */
  private void renewals(HolderCatchUp catchUp, int count) {
    for (int i = 0; i < count; i++) {
      time.runUntil(time.nowNanos() + OwnershipOptions.DEFAULT.retryNanos(), () -> {});
      catchUp.notConfirmed(HOLDER, NOT_PROMISED);
    }
  }

  @Test
  void holderWhoseDiskIsSlow_isAskedOnceUntilItAnswers() {
    var link = new Link(true);
    HolderCatchUp catchUp = catchUp(link);
    renewals(catchUp, 100);
    assertThat(link.asked).hasSize(1).hasOnlyElementsOfType(HolderRequest.Promise.class);
    link.answerLast(PROMISED);
    renewals(catchUp, 100);
    assertThat(link.asked).hasSize(2);
    assertThat(link.asked.getLast()).isEqualTo(new HolderRequest.Accept(Samples.first()));
    link.answerLast(new HolderReply.Done(Samples.LEG));
    renewals(catchUp, 1);
    assertThat(link.asked).as("it missed something again").hasSize(3);
  }

  @Test
  void holderThatDidNotAnswer_isAskedAgain() {
    var link = new Link(true);
    HolderCatchUp catchUp = catchUp(link);
    renewals(catchUp, 1);
    link.answerLast();
    renewals(catchUp, 1);
    assertThat(link.asked).hasSize(2).hasOnlyElementsOfType(HolderRequest.Promise.class);
    link.answerLast(new HolderReply.Unavailable(Samples.LEG));
    renewals(catchUp, 1);
    assertThat(link.asked).hasSize(3);
  }

  @Test
  void linkThatMayLoseMessages_isUsedAgainAfterAWhile() {
    var link = new Link(false);
    renewals(catchUp(link), 3);
    assertThat(link.asked).hasSize(3).hasOnlyElementsOfType(HolderRequest.Promise.class);
  }
}
