package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.TestReactor;
import io.dnvme.main.Endpoint;
import io.dnvme.target.subsystem.HostAccess;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VirtualDisksTest {

  private static UpSettings twoDisks() {
    return new UpSettings(
        Path.of("unused"),
        List.of(new Endpoint("127.0.0.1", 0)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(VirtualDiskSpec.parse("a=1M"), VirtualDiskSpec.parse("b=1M")),
        Backing.MEMORY,
        4096,
        false,
        false,
        HostAccess.ANY,
        DiskLimits.NONE);
  }

  /** A read whose views are kept. */
  private static BlockStatus read(TestReactor reactor, BlockDevice device) {
    return reactor.call(() -> {
      var io = new BlockIo(reactor).prepare(BlockOp.READ, 0, 1).onCompletion(done -> {}, null);
      device.submit(io);
      return io.status();
    });
  }

  @Test
  void oneDiskCannotBeClosed_theOthersAre() {
    try (var reactor = new TestReactor(0)) {
      for (int held = 0; held < 2; held++) {
        var disks = VirtualDisks.open(twoDisks());
        assertThat(read(reactor, disks.all().get(held).device())).isEqualTo(BlockStatus.SUCCESS);
        disks.close();
        assertThat(read(reactor, disks.all().get(1 - held).device()))
            .as("a command after the close")
            .isEqualTo(BlockStatus.FAILED);
      }
    }
  }
}
