package io.dnvme.volume.intent;

import static io.dnvme.volume.intent.HeaderAges.UNREAD;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeaderAgesTest {

  private static final int ALL = -1;

  @Test
  void equalHeaders_areInSync() {
    assertThat(judge(7, 7, 7)).isEqualTo(new HeaderAges(0, 7));
  }

  @Test
  void ownerThatDiedInARound_leavesOneGenerationBetweenThem() {
    assertThat(judge(7, 8)).isEqualTo(new HeaderAges(0, 7));
  }

  @Test
  void twoGenerationsBehind_isAnOlderImage() {
    assertThat(judge(6, 8, 8)).isEqualTo(new HeaderAges(0b001, 7));
  }

  @Test
  void olderImage_saysNothingOfWhatTheOthersHave() {
    // The third may be at 7 as well as at 8, and one that was not read too.
    assertThat(judge(2, 7, 8)).isEqualTo(new HeaderAges(0b001, 7));
    assertThat(judge(UNREAD, 8, 8)).isEqualTo(new HeaderAges(0, 7));
  }

  @Test
  void membersThatNobodyCouldRead_areNotJudged() {
    assertThat(judge(UNREAD, 3)).isEqualTo(new HeaderAges(0, 2));
    assertThat(HeaderAges.judge(0b11, generations(UNREAD, UNREAD), 0, 5).old()).isZero();
  }

  @Test
  void memberThatIsNotInSync_isNotCompared() {
    assertThat(HeaderAges.judge(0b01, generations(3, 9), ALL, 0)).isEqualTo(new HeaderAges(0, 3));
  }

  @Test
  void onlyMember_isAnOlderImage_whereMoreIsKnown() {
    assertThat(HeaderAges.judge(1, generations(4), ALL, 5)).isEqualTo(new HeaderAges(1, 5));
    assertThat(HeaderAges.judge(1, generations(5), ALL, 5)).isEqualTo(new HeaderAges(0, 5));
  }

  @Test
  void onlyMemberWithADamagedPage_mayHaveHadANewerOne() {
    assertThat(HeaderAges.judge(1, generations(4), 0, 5)).isEqualTo(new HeaderAges(0, 5));
  }

  @Test
  void damagedMemberBesideOneThatFits_leaves() {
    assertThat(HeaderAges.judge(0b11, generations(4, 5), 0b10, 5))
        .isEqualTo(new HeaderAges(0b01, 5));
    assertThat(HeaderAges.judge(0b11, generations(4, 8), 0b10, 0))
        .isEqualTo(new HeaderAges(0b01, 7));
  }

  @Test
  void memberThatComesBack_lacksWhatItsBitmapSays() {
    assertThat(HeaderAges.judgeReturn(5, 5, 9)).isEqualTo(HeaderAges.Return.AS_BITMAP);
    // The round in which it left.
    assertThat(HeaderAges.judgeReturn(6, 5, 5)).isEqualTo(HeaderAges.Return.AS_BITMAP);
  }

  @Test
  void olderImageThatComesBack_lacksAnything() {
    assertThat(HeaderAges.judgeReturn(4, 5, 9)).isEqualTo(HeaderAges.Return.OLD);
  }

  @Test
  void memberThatComesBackFromAnOwnersLastRound_isNotAhead() {
    // Its owner had 7 on all and wrote 8; the next one reached another one, of 7, alone.
    assertThat(judge(UNREAD, 7).completed()).isEqualTo(6);
    assertThat(HeaderAges.judgeReturn(8, 6, 6)).isEqualTo(HeaderAges.Return.AS_BITMAP);
  }

  @Test
  void memberThatHasSeenMoreThanThoseInSync_isAhead() {
    assertThat(HeaderAges.judgeReturn(12, 5, 9)).isEqualTo(HeaderAges.Return.AHEAD);
    assertThat(HeaderAges.judgeReturn(12, Long.MAX_VALUE, 9)).isEqualTo(HeaderAges.Return.AHEAD);
  }

  private static HeaderAges judge(long... generations) {
    return HeaderAges.judge((1 << generations.length) - 1, generations, ALL, 0);
  }

  private static long[] generations(long... generations) {
    return generations;
  }
}
