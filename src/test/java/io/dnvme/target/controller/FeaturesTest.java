package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.HostBehaviorSupport;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.UuidBytes;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeaturesTest {

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUpAdmin();
  }

  @AfterEach
  void close() {
    target.close();
  }

  private TestQueue.Reply set(int fid, int value, int nsid) {
    return host.admin(
        sqe -> TestHost.as(new FeaturesCommand(), sqe).startSet(0, fid, value).nsid(nsid));
  }

  private TestQueue.Reply get(int fid, int cdw11, int nsid) {
    return host.admin(
        sqe -> sqe.start(AdminOpcode.GET_FEATURES, 0).cdw10(fid).cdw11(cdw11).nsid(nsid));
  }

  @ParameterizedTest
  @CsvSource({"1,3", "0x0a,1", "0x0b,0x900"})
  void values_areKept(String fid, String value) {
    int feature = Integer.decode(fid);
    assertThat(host.setFeature(feature, Integer.decode(value)).status()).isZero();
    assertThat(host.getFeature(feature, FeaturesCommand.SEL_CURRENT).result())
        .isEqualTo(Integer.decode(value).longValue());
    assertThat(host.getFeature(feature, FeaturesCommand.SEL_DEFAULT).result()).isZero();
    assertThat(host.getFeature(feature, FeaturesCommand.SEL_SAVED).result()).isZero();
    assertThat(host.getFeature(feature, FeaturesCommand.SEL_CAPABILITIES).result())
        .isEqualTo(FeaturesCommand.CAPABILITY_CHANGEABLE);
    assertThat(host.getFeature(feature, 4).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void saving_isNotPossible() {
    TestQueue.Reply reply =
        host.admin(sqe ->
            TestHost.as(new FeaturesCommand(), sqe).startSet(0, Feature.ARBITRATION, 1).save(true));
    assertThat(reply.outcome()).isEqualTo(StatusCode.FEATURE_NOT_SAVEABLE.dnr());
  }

  @Test
  void featureOfTheController_forANamespace_isRefused() {
    assertThat(set(Feature.ARBITRATION, 1, 1).outcome())
        .isEqualTo(StatusCode.FEATURE_NOT_NAMESPACE_SPECIFIC.dnr());
    assertThat(set(Feature.ARBITRATION, 1, -1).status()).isZero();
  }

  @Test
  void unknownFeatures_areInvalid() {
    for (int fid : new int[] {0, 3, 8, 9, 0x0c, 0x0d, 0x0e, 0x10, 0x84, 0xc0, 0xff}) {
      assertThat(host.getFeature(fid, 0).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
      assertThat(host.setFeature(fid, 0).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Test
  void powerStateAndCommandSetProfile_areZeroOnly() {
    for (int fid : new int[] {Feature.POWER_MANAGEMENT, Feature.COMMAND_SET_PROFILE}) {
      assertThat(host.setFeature(fid, 0).status()).isZero();
      assertThat(host.setFeature(fid, 1).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
      assertThat(host.getFeature(fid, 0).result()).isZero();
    }
  }

  @Test
  void temperatureThresholds_areKeptByDirection() {
    assertThat(get(Feature.TEMPERATURE_THRESHOLD, 0, 0).result()).isEqualTo(343);
    assertThat(host.setFeature(Feature.TEMPERATURE_THRESHOLD, 330).status()).isZero();
    assertThat(host.setFeature(Feature.TEMPERATURE_THRESHOLD, 1 << 20 | 280).status()).isZero();
    assertThat(get(Feature.TEMPERATURE_THRESHOLD, 0, 0).result()).isEqualTo(330);
    assertThat(get(Feature.TEMPERATURE_THRESHOLD, 1 << 20, 0).result()).isEqualTo(280);
    for (int value : new int[] {1 << 16, 2 << 20}) {
      assertThat(get(Feature.TEMPERATURE_THRESHOLD, value, 0).outcome())
          .isEqualTo(StatusCode.INVALID_FIELD.dnr());
      assertThat(host.setFeature(Feature.TEMPERATURE_THRESHOLD, value).outcome())
          .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Test
  void errorRecovery_isANamespaces() {
    assertThat(set(Feature.ERROR_RECOVERY, 5, 1).status()).isZero();
    assertThat(get(Feature.ERROR_RECOVERY, 0, 1).result()).isEqualTo(5);
    assertThat(set(Feature.ERROR_RECOVERY, 7, -1).status()).isZero();
    assertThat(get(Feature.ERROR_RECOVERY, 0, 1).result()).isEqualTo(7);
    assertThat(set(Feature.ERROR_RECOVERY, 1 << 16, 1).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(get(Feature.ERROR_RECOVERY, 0, 2).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(get(Feature.ERROR_RECOVERY, 0, 0).outcome())
        .isEqualTo(StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr());
  }

  @Test
  void volatileWriteCache_isInvalidWhereThereIsNone() {
    assertThat(host.getFeature(Feature.VOLATILE_WRITE_CACHE, 0).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(host.setFeature(Feature.VOLATILE_WRITE_CACHE, 1).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void numberOfQueues_isBoundedByWhatThereIs() {
    assertThat(host.getFeature(Feature.NUMBER_OF_QUEUES, 0).result()).isEqualTo(0x0003_0003);
    assertThat(host.setFeature(Feature.NUMBER_OF_QUEUES, 0x0001_0002).result())
        .isEqualTo(0x0001_0001);
    for (int value : new int[] {0x0000_ffff, 0xffff_0000, -1}) {
      assertThat(host.setFeature(Feature.NUMBER_OF_QUEUES, value).outcome())
          .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Test
  void hostIdentifier_isConnects_andCannotBeSet() {
    TestQueue.Reply reply =
        host.admin(sqe ->
            sqe.start(AdminOpcode.GET_FEATURES, 0)
                .cdw10(Feature.HOST_IDENTIFIER)
                .cdw11(1)
                .sglTransport(16));
    assertThat(UuidBytes.read(reply.segment(), 0)).isEqualTo(TestHost.ID);
    assertThat(get(Feature.HOST_IDENTIFIER, 0, 0).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(host.setFeature(Feature.HOST_IDENTIFIER, 1).outcome())
        .isEqualTo(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
  }

  @Test
  void hostBehavior_isKept() {
    var data = new byte[HostBehaviorSupport.SIZE];
    data[0] = 1;
    TestQueue.Reply set =
        host.admin(
            data,
            sqe ->
                TestHost.as(new FeaturesCommand(), sqe)
                    .startSet(0, Feature.HOST_BEHAVIOR_SUPPORT, 0)
                    .sglTransport(512));
    assertThat(set.status()).isZero();
    TestQueue.Reply get =
        host.admin(sqe ->
            TestHost.as(new FeaturesCommand(), sqe)
                .startGet(0, Feature.HOST_BEHAVIOR_SUPPORT, 0)
                .sglTransport(512));
    assertThat(get.data()).isEqualTo(data);
    data[0] = 2;
    TestQueue.Reply bad =
        host.admin(
            data,
            sqe ->
                TestHost.as(new FeaturesCommand(), sqe)
                    .startSet(0, Feature.HOST_BEHAVIOR_SUPPORT, 0)
                    .sglTransport(512));
    assertThat(bad.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    TestQueue.Reply none = host.setFeature(Feature.HOST_BEHAVIOR_SUPPORT, 0);
    assertThat(none.outcome()).isEqualTo(StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.dnr());
  }

  @Test
  void eventsThatThereAreNot_cannotBeEnabled() {
    assertThat(host.setFeature(Feature.ASYNC_EVENT_CONFIGURATION, 1 << 9).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(host.setFeature(Feature.ASYNC_EVENT_CONFIGURATION, 1 << 31).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void reservationPersistence_needsAStore() {
    assertThat(get(Feature.RESERVATION_PERSISTENCE, 0, 1).result()).isZero();
    assertThat(set(Feature.RESERVATION_PERSISTENCE, 1, 1).status()).isNotZero();
    assertThat(set(Feature.RESERVATION_NOTIFICATION_MASK, 0xe, 1).status()).isZero();
    assertThat(get(Feature.RESERVATION_NOTIFICATION_MASK, 0, 1).result()).isEqualTo(0xe);
  }
}
