package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.SyncAccess;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.nvme.AnaGroupDescriptor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our host against the Linux kernel's own target, which runs in the guest. */
@UsesLinuxHost
class KernelTargetTest {

  private static final String NQN = "nqn.2026-11.io.dnvme:reference";
  private static final int MEBIBYTES = 32;
  private static final long LIMIT_SECONDS = 60;

  private OwnHost own;

  @BeforeEach
  void start(LinuxHost guest) throws Exception {
    guest.succeed("serve_reference %s %d %d".formatted(NQN, MEBIBYTES, port()));
    own = new OwnHost();
  }

  @AfterEach
  void stop() {
    own.close();
  }

  private static int port() {
    return VirtualMachine.PORT_IN_GUEST;
  }

  private HostController connect(LinuxHost guest, QueueOptions queues) {
    return own.connect(guest.forwardedAddress(), NQN, queues);
  }

  private static byte[] random(long seed, int bytes) {
    var content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as(what).isNegative();
      Thread.sleep(10);
    }
  }

  @Test
  void namespace_isWhoTheTargetSaysItIs(LinuxHost guest) {
    HostController controller = connect(guest, QueueOptions.of(2));
    assertThat(controller.model()).startsWith("Linux");
    RemoteNamespace namespace = controller.namespace(1);
    assertThat(namespace.geometry().sizeBytes()).isEqualTo((long) MEBIBYTES << 20);
    assertThat(namespace.anaState()).isEqualTo(AnaGroupDescriptor.STATE_OPTIMIZED);
    String uuid =
        guest.succeed(
            "cat /sys/kernel/config/nvmet/subsystems/%s/namespaces/1/device_uuid".formatted(NQN));
    assertThat(namespace.identity().uuid()).isEqualTo(uuid.strip().replace("-", ""));
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void written_isRead_withAnyDigests(boolean header, boolean data, LinuxHost guest) {
    HostController controller = connect(guest, QueueOptions.of(2).withDigests(header, data));
    RemoteNamespace namespace = controller.namespace(1);
    SyncAccess access = own.access(namespace);
    int blockBytes = namespace.geometry().blockSizeBytes();
    int most = namespace.traits().maxTransferBytes() / blockBytes;
    // In the capsule, a little more than fits there, and as much as there may be.
    for (int blocks : new int[] {1, 4, 5, 64, most}) {
      byte[] content = random(blocks, blocks * blockBytes);
      assertThat(access.write(7, content)).isEqualTo(BlockStatus.SUCCESS);
      assertThat(access.read(7, blocks)).isEqualTo(content);
      assertThat(access.writeThrough(9, content)).isEqualTo(BlockStatus.SUCCESS);
      assertThat(access.read(9, blocks)).isEqualTo(content);
    }
    assertThat(access.flush()).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.tryRead(namespace.geometry().blockCount(), 1, new byte[blockBytes]))
        .isEqualTo(BlockStatus.OUT_OF_RANGE);
    assertThat(namespace.associations()).as("associations").isEqualTo(1);
  }

  /** A file in memory, which the kernel cannot zero, and a block device, which it can. */
  @ParameterizedTest
  @CsvSource({"1", "2"})
  void zeroedAndDeallocated_readAsZeroes(int nsid, LinuxHost guest) throws Exception {
    if (nsid == 2) {
      addLoopNamespace(guest);
    }
    HostController controller = connect(guest, QueueOptions.of(1));
    RemoteNamespace namespace = controller.namespace(nsid);
    SyncAccess access = own.access(namespace);
    int blockBytes = namespace.geometry().blockSizeBytes();
    byte[] content = random(nsid, 64 * blockBytes);
    assertThat(access.write(100, content)).isEqualTo(BlockStatus.SUCCESS);

    assertThat(access.writeZeroes(104, 8, false)).isEqualTo(BlockStatus.SUCCESS);
    Arrays.fill(content, 4 * blockBytes, 12 * blockBytes, (byte) 0);
    assertThat(access.read(100, 64)).isEqualTo(content);

    assertThat(access.writeZeroes(116, 8, true)).isEqualTo(BlockStatus.SUCCESS);
    Arrays.fill(content, 16 * blockBytes, 24 * blockBytes, (byte) 0);
    assertThat(access.read(100, 64)).isEqualTo(content);

    assertThat(access.deallocate(132, 8)).isEqualTo(BlockStatus.SUCCESS);
    Arrays.fill(content, 32 * blockBytes, 40 * blockBytes, (byte) 0);
    assertThat(access.read(100, 64)).isEqualTo(content);
  }

  @Test
  void compare_whichTheTargetHasNot_isInvalid(LinuxHost guest) {
    RemoteNamespace namespace = connect(guest, QueueOptions.of(1)).namespace(1);
    byte[] block = new byte[namespace.geometry().blockSizeBytes()];
    SyncAccess access = own.access(namespace);
    assertThat(access.compare(0, block)).isEqualTo(BlockStatus.INVALID);
    assertThat(access.compareAndWrite(0, block, block)).isEqualTo(BlockStatus.INVALID);
  }

  @Test
  void namespaces_comeAndGo(LinuxHost guest) throws Exception {
    HostController controller = connect(guest, QueueOptions.of(1));
    RemoteNamespace first = controller.namespace(1);
    addLoopNamespace(guest);
    await("the added namespace", () -> controller.namespace(2) != null);
    RemoteNamespace second = controller.namespace(2);
    assertThat(second.geometry().blockSizeBytes()).isEqualTo(512);
    byte[] content = random(3, 512);
    assertThat(own.access(second).write(5, content)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(own.access(second).read(5, 1)).isEqualTo(content);

    guest.succeed("remove_reference_namespace %s 2".formatted(NQN));
    await("the end of the removed namespace", second::isGone);
    assertThat(controller.namespace(2)).isNull();
    assertThat(first.isGone()).isFalse();
    assertThat(first.associations()).isEqualTo(1);
  }

  @Test
  void anaChange_isSeen(LinuxHost guest) throws Exception {
    RemoteNamespace namespace = connect(guest, QueueOptions.of(1)).namespace(1);
    guest.succeed("reference_ana %d non-optimized".formatted(port()));
    await("the first change", () -> namespace.anaState() == AnaGroupDescriptor.STATE_NON_OPTIMIZED);
    guest.succeed("reference_ana %d optimized".formatted(port()));
    await("the second change", () -> namespace.anaState() == AnaGroupDescriptor.STATE_OPTIMIZED);
    assertThat(namespace.associations()).isEqualTo(1);
  }

  @Test
  void portIsGoneAndComesBack_commandsWait(LinuxHost guest) throws Exception {
    RemoteNamespace namespace = connect(guest, QueueOptions.of(2)).namespace(1);
    SyncAccess access = own.access(namespace);
    byte[] before = random(1, 16 * namespace.geometry().blockSizeBytes());
    byte[] during = random(2, before.length);
    assertThat(access.write(0, before)).isEqualTo(BlockStatus.SUCCESS);

    guest.succeed("close_reference_port %s %d".formatted(NQN, port()));
    var written = CompletableFuture.supplyAsync(() -> access.write(16, during));
    guest.succeed("sleep 3");
    assertThat(written).isNotDone();
    guest.succeed("open_reference_port %s %d".formatted(NQN, port()));

    assertThat(written.get(LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(0, 16)).isEqualTo(before);
    assertThat(access.read(16, 16)).isEqualTo(during);
    assertThat(namespace.associations()).isGreaterThan(1);
  }

  @ParameterizedTest
  @CsvSource({"''", "--hdr-digest --data-digest"})
  void bench_verifies(String digests, LinuxHost guest) throws Exception {
    InetSocketAddress address = guest.forwardedAddress();
    String command =
        "./dnvme bench --connect %s:%d --nqn %s --rw=rw --bs=16k --qd=16 --queues=2 --size=16M "
                .formatted(address.getHostString(), address.getPort(), NQN)
            + "--time=3 --keep-alive-tmo=5 --verify "
            + digests;
    assertThat(run(command)).contains(", 0 wrong");
  }

  private static void addLoopNamespace(LinuxHost guest) {
    guest.succeed("add_reference_namespace %s 2 $(loop_disk 16)".formatted(NQN));
  }

  /** What the command printed; it must end well. */
  private static String run(String command) throws IOException, InterruptedException {
    Path output = Project.logFile("bench.log");
    var process =
        new ProcessBuilder(command.split(" "))
            .directory(Project.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
    process.destroyForcibly();
    assertThat(ended).as(command).isTrue();
    String printed = Files.readString(output);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed;
  }
}
