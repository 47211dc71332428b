package io.dnvme.e2e;

import io.dnvme.main.Configuration;
import io.dnvme.main.Endpoint;
import io.dnvme.main.up.Backing;
import io.dnvme.main.up.DiskLimits;
import io.dnvme.main.up.UpServer;
import io.dnvme.main.up.UpSettings;
import io.dnvme.main.up.VirtualDiskSpec;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.subsystem.HostAccess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * ANA states change while a host with two paths writes and verifies. No command line changes them
 * yet, so the server runs inside the test's process.
 */
@UsesLinuxHost
class AnaChangeTest {

  private static final String DISK = "disk1";
  private static final Endpoint ANY_PORT = new Endpoint("127.0.0.1", 0);

  @TempDir private Path unusedDirectory;
  private UpServer server;
  private Portal first;
  private Portal second;

  @BeforeEach
  void start() {
    server =
        UpServer.start(
            new UpSettings(
                unusedDirectory,
                List.of(ANY_PORT, ANY_PORT),
                Optional.empty(),
                Optional.of(DnvmeServer.ADDRESS_IN_GUEST),
                Optional.empty(),
                List.of(VirtualDiskSpec.parse(DISK + "=64M")),
                Backing.MEMORY,
                4096,
                false,
                false,
                HostAccess.ANY,
                DiskLimits.NONE),
            Configuration.load(Map.of()));
    first = server.portals().getFirst();
    second = server.portals().getLast();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void change_underVerify_movesTheInputAndOutput(LinuxHost host) {
    change(second, AnaState.INACCESSIBLE);
    connectBoth(host);
    awaitStates(host, "optimized", "inaccessible");
    var verify = BackgroundVerify.start(host, server.nqn(DISK), "--size=16M");
    awaitData(host, first);
    change(first, AnaState.INACCESSIBLE);
    change(second, AnaState.OPTIMIZED);
    awaitStates(host, "inaccessible", "optimized");
    awaitData(host, second);
    change(second, AnaState.NON_OPTIMIZED);
    change(first, AnaState.OPTIMIZED);
    awaitStates(host, "optimized", "non-optimized");
    awaitData(host, first);
    verify.finish();
  }

  @Test
  void everyPathInaccessibleForAWhile_underVerify_inputAndOutputWaits(LinuxHost host) {
    connectBoth(host);
    var verify = BackgroundVerify.start(host, server.nqn(DISK), "--size=16M");
    awaitData(host, first);
    change(first, AnaState.INACCESSIBLE);
    change(second, AnaState.INACCESSIBLE);
    awaitStates(host, "inaccessible", "inaccessible");
    change(second, AnaState.OPTIMIZED);
    awaitData(host, second);
    verify.finish();
  }

  private void change(Portal portal, AnaState state) {
    server.changeAnaState(DISK, portal, state);
  }

  private void connectBoth(LinuxHost host) {
    String nqn = server.nqn(DISK);
    host.succeed(
        "connect %1$s %2$d; connect %1$s %3$d; disk %1$s"
            .formatted(nqn, first.port(), second.port()));
  }

  /**
   * Waits until the host's kernel knows: it was told by an event, for it does not ask by itself.
   */
  private void awaitStates(LinuxHost host, String ofFirst, String ofSecond) {
    host.succeed(
        "await 20 path_is %1$s %2$d live %3$s; await 20 path_is %1$s %4$d live %5$s"
            .formatted(server.nqn(DISK), first.port(), ofFirst, second.port(), ofSecond));
  }

  private void awaitData(LinuxHost host, Portal portal) {
    host.succeed("await 20 path_moves_data %s %d".formatted(server.nqn(DISK), portal.port()));
  }
}
