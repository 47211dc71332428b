package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.e2e.GuestFailure.GuestDied;
import io.dnvme.e2e.GuestFailure.ScriptFailed;
import io.dnvme.e2e.GuestFailure.ScriptTimedOut;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The harness itself, against the kernel's own target on the guest's loopback: what fails here is
 * not the product's fault.
 */
@UsesLinuxHost
class LinuxHostSelfTest {

  private static final String NQN = "nqn.2026-11.io.dnvme:reference";

  @Test
  void run_scriptFails_statusAndOutputComeBack(LinuxHost host) {
    ScriptResult result = host.run("echo before; false; echo after");
    assertThat(result.exitStatus()).isEqualTo(1);
    assertThat(result.output()).isEqualTo("before\n");
    assertThatThrownBy(() -> host.succeed("echo reason >&2; exit 7"))
        .isInstanceOf(ScriptFailed.class)
        .hasMessageContaining("exit status 7")
        .hasMessageContaining("reason");
  }

  @Test
  void run_scriptExceedsItsLimit_isKilledAndTheGuestGoesOn(LinuxHost host) {
    assertThatThrownBy(() -> host.run("echo began; sleep 1000", Duration.ofSeconds(2)))
        .isInstanceOf(ScriptTimedOut.class)
        .hasMessageContaining("began");
    assertThat(host.isUsable()).isTrue();
    assertThat(host.run("pidof sleep").output()).isEmpty();
  }

  @Test
  void run_guestPanics_isToldApartAndShowsTheConsole() throws Exception {
    try (LinuxHost host = LinuxHost.boot(SharedLinuxHost.image())) {
      assertThatThrownBy(() -> host.run("echo c >/proc/sysrq-trigger"))
          .isInstanceOf(GuestDied.class)
          .hasMessageContaining("virtual machine ended")
          .hasMessageContaining("Kernel panic");
      assertThat(host.isUsable()).isFalse();
    }
  }

  @Test
  void run_largeOutput_comesBackWhole(LinuxHost host) {
    assertThat(host.succeed("seq 1 200000")).hasLineCount(200_000).endsWith("\n200000\n");
  }

  @Test
  void start_asManyScriptsAsThereAreSlots_runTogether(LinuxHost host) {
    var scripts = new RunningScript[LinuxHost.MAX_SCRIPTS];
    for (int i = 0; i < scripts.length; i++) {
      // Each waits for the last, so they end only if all run at the same time.
      scripts[i] = host.start("touch /tmp/%d; await 60 test -e /tmp/3; echo %d".formatted(i, i));
    }
    for (int i = 0; i < scripts.length; i++) {
      assertThat(host.requireSuccess(scripts[i].await(LinuxHost.SCRIPT_LIMIT))).isEqualTo(i + "\n");
    }
  }

  @Test
  void start_oneScriptTooMany_isRefused(LinuxHost host) {
    for (int i = 0; i < LinuxHost.MAX_SCRIPTS; i++) {
      host.start("sleep 1000");
    }
    assertThatThrownBy(() -> host.start("true")).isInstanceOf(IllegalStateException.class);
    // The clean-up after this test ends the sleeping ones.
  }

  @Test
  void connect_referenceTarget_fileSystemAndVerifyWork(LinuxHost host) {
    host.succeed("serve_reference %s 400 4420".formatted(NQN));
    host.succeed("connect_at 127.0.0.1 %s 4420 --hdr-digest --data-digest".formatted(NQN));
    host.succeed("fio_verify $(disk %s) --size=16M".formatted(NQN));
    host.succeed("mkfs.ext4 -q $(disk %s) && check_file_system $(disk %s)".formatted(NQN, NQN));
    host.succeed("mkfs.xfs -q -f $(disk %s) && check_file_system $(disk %s)".formatted(NQN, NQN));
    host.succeed("nvme disconnect -n %s && await 10 no_controller".formatted(NQN));
  }

  @Test
  void anaChange_underVerify_movesTheInputAndOutput(LinuxHost host) {
    host.succeed(
        """
        serve_reference %1$s 64 4420 4421
        reference_ana 4421 inaccessible
        connect_at 127.0.0.1 %1$s 4420
        connect_at 127.0.0.1 %1$s 4421
        disk %1$s
        await 10 path_is %1$s 4420 live optimized
        await 10 path_is %1$s 4421 live inaccessible
        """
            .formatted(NQN));
    var verify = BackgroundVerify.start(host, NQN, "--size=16M");
    host.succeed(
        """
        await 20 path_moves_data %1$s 4420
        reference_ana 4421 optimized
        reference_ana 4420 inaccessible
        await 20 path_is %1$s 4420 live inaccessible
        await 20 path_is %1$s 4421 live optimized
        await 20 path_moves_data %1$s 4421
        """
            .formatted(NQN));
    verify.finish();
  }

  @Test
  void cleanUp_mountedDiskOfALostTarget_isGone(LinuxHost host) {
    host.succeed(
        """
        serve_reference %1$s 64 4420
        connect_at 127.0.0.1 %1$s 4420
        mkfs.ext4 -q $(disk %1$s)
        mount $(disk %1$s) /mnt
        echo content >/mnt/file
        rm /sys/kernel/config/nvmet/ports/4420/subsystems/%1$s
        """
            .formatted(NQN));
    host.cleanUp();
    assertThat(host.succeed("cat /proc/mounts")).doesNotContain("/mnt");
    assertThat(host.succeed("ls /sys/class/nvme /sys/kernel/config/nvmet/subsystems | grep -v :"))
        .isBlank();
  }
}
