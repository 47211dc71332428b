package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.leg.LegStatus.Damage;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DamageLogTest {

  private static final UUID A = new UUID(1, 1);
  private static final UUID B = new UUID(1, 2);

  private final ManualReactor reactor = new ManualReactor();
  private final List<String> said = new ArrayList<>();
  private final DamageLog log = new DamageLog(reactor, 4, new UUID[] {A, B}, said::add);

  @AfterEach
  void close() {
    reactor.close();
  }

  @Test
  void blockThatIsFoundAgain_countsOnce_untilItIsRepaired() {
    log.rotten(1, 9);
    log.rotten(1, 9);
    log.unreadable(9, 0b10);
    assertThat(log.counts()).isEqualTo(new Damage(1, 0, 0, 0, 0, 0));
    log.repaired(0, 16, 0b10, BlockStatus.BUSY);
    log.rotten(1, 9);
    log.repaired(0, 16, 0b10, BlockStatus.SUCCESS);
    assertThat(log.counts()).isEqualTo(new Damage(1, 0, 0, 0, 1, 1));
    log.rotten(1, 9);
    assertThat(log.counts()).isEqualTo(new Damage(2, 0, 0, 0, 1, 1));
    assertThat(said)
        .containsExactly(
            "group 4: block 9 of member " + B + " is not what was written, by its checksum",
            "group 4: 1 of blocks 0 to 15 of member "
                + B
                + " is not repaired (BUSY): whoever reads it next tries again",
            "group 4: 1 of blocks 0 to 15 of member " + B + " is repaired from another member",
            "group 4: block 9 of member " + B + " is not what was written, by its checksum");
  }

  @Test
  void rangeOfWhichOneBlockIsLost_isNamedByWhatIsKnown() {
    log.rotten(0, 3);
    log.rotten(1, 3);
    log.lost(0, 8);
    log.lost(0, 8);
    assertThat(log.counts()).isEqualTo(new Damage(2, 0, 0, 1, 0, 0));
    assertThat(said.getLast())
        .isEqualTo(
            "group 4: block 3 cannot be read from any member: reads of it fail until it is written");
    log.lost(16, 8);
    assertThat(said.getLast()).startsWith("group 4: one of blocks 16 to 23 cannot be read from");
  }

  @Test
  void linesOfAMinute_areLimited_andTheRestIsToldInOne() {
    for (int block = 0; block < DamageLog.MAX_LINES_PER_MINUTE + 5; block++) {
      log.rotten(0, block);
    }
    assertThat(said).hasSize(DamageLog.MAX_LINES_PER_MINUTE);
    reactor.advance(TimeUnit.MINUTES.toNanos(1));
    assertThat(said).hasSize(DamageLog.MAX_LINES_PER_MINUTE + 1);
    assertThat(said.getLast()).startsWith("group 4: 5 more findings; 25 not as written, 0 unread");
    log.rotten(0, 999);
    assertThat(said.getLast()).contains("block 999 of member");
  }

  @Test
  void whatIsRemembered_isLimited_andTheOldestIsForgottenFirst() {
    for (int block = 0; block <= DamageLog.MAX_REMEMBERED; block++) {
      log.rotten(0, block);
    }
    log.rotten(0, 1);
    assertThat(log.counts().rotten()).isEqualTo(DamageLog.MAX_REMEMBERED + 1);
    log.rotten(0, 0);
    assertThat(log.counts().rotten()).isEqualTo(DamageLog.MAX_REMEMBERED + 2);
  }

  @Test
  void whatWasFoundLongAgo_orBeforeANewLook_isNews() {
    log.different(7, 0, 0b11);
    log.different(7, 0, 0b11);
    assertThat(log.counts().undecided()).isEqualTo(1);
    reactor.advance(TimeUnit.HOURS.toNanos(1));
    log.different(7, 0, 0b11);
    assertThat(log.counts().undecided()).isEqualTo(2);
    log.forget();
    log.different(7, 0, 0b11);
    assertThat(log.counts().undecided()).isEqualTo(3);
    log.different(8, 0b01, 0b10);
    assertThat(log.counts().rotten()).isEqualTo(1);
  }
}
