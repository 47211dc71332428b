package io.dnvme.target.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.TestReactor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileReservationStoreTest {

  private static final UUID NAMESPACE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");

  private static final ReservationState STATE =
      new ReservationState(
          7,
          List.of(
              new Registrant(UUID.fromString("a0000000-0000-0000-0000-00000000000a"), 0x1122),
              new Registrant(
                  UUID.fromString("b0000000-0000-0000-0000-00000000000b"), 0xf122334455667788L)),
          ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS_ONLY,
          UUID.fromString("b0000000-0000-0000-0000-00000000000b"),
          true);

  @TempDir private Path directory;
  private final ExecutorService ioThreads = Executors.newSingleThreadExecutor();
  private TestReactor reactor;
  private Path path;
  private FileReservationStore store;

  @BeforeEach
  void open() {
    reactor = new TestReactor(0);
    path = directory.resolve("reservations");
    store = new FileReservationStore(path, NAMESPACE, ioThreads);
  }

  @AfterEach
  void close() {
    reactor.close();
    ioThreads.shutdownNow();
  }

  private Optional<IOException> save(ReservationState state) {
    var result = new CompletableFuture<Optional<IOException>>();
    store.save(
        state,
        reactor,
        failure -> {
          assertThat(reactor.inReactor()).isTrue();
          result.complete(Optional.ofNullable(failure));
        });
    return TestReactor.await(result);
  }

  private static byte[] golden() throws IOException {
    try (InputStream file =
        FileReservationStoreTest.class.getResourceAsStream("reservations-v1.bin")) {
      return file.readAllBytes();
    }
  }

  @Test
  void savedState_isFoundAgain() throws IOException {
    assertThat(store.load()).isEqualTo(ReservationState.NONE);
    assertThat(save(STATE)).isEmpty();
    assertThat(new FileReservationStore(path, NAMESPACE, ioThreads).load()).isEqualTo(STATE);
    assertThat(save(ReservationState.NONE)).isEmpty();
    assertThat(store.load()).isEqualTo(ReservationState.NONE);
  }

  @Test
  void fullState_isFoundAgain() throws IOException {
    var state = ReservationState.NONE.withPersistence(true);
    for (int i = 1; i <= ReservationState.MAX_REGISTRANTS; i++) {
      state = state.withRegistrant(TestHosts.host(i), i);
    }
    for (ReservationType type : ReservationType.values()) {
      ReservationState held = state.heldBy(TestHosts.host(3), type);
      assertThat(save(held)).isEmpty();
      assertThat(store.load()).isEqualTo(held);
    }
  }

  @Test
  void firstVersionsFile_isWrittenAndRead() throws IOException {
    assertThat(save(STATE)).isEmpty();
    assertThat(Files.readAllBytes(path)).isEqualTo(golden());

    Files.write(path, golden());
    assertThat(store.load()).isEqualTo(STATE);
  }

  @Test
  void fileOfAnotherNamespace_isRefused() {
    assertThat(save(STATE)).isEmpty();
    var other = new FileReservationStore(path, new UUID(1, 2), ioThreads);
    assertThatThrownBy(other::load)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining(NAMESPACE.toString());
  }

  @Test
  void anyDamagedByte_isFoundOut() throws IOException {
    byte[] good = golden();
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x10;
      Files.write(path, bad);
      assertThatThrownBy(store::load)
          .as("byte %d", i)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("damaged")
          .hasMessageContaining("delete it only");
    }
  }

  @Test
  void anyShorterFile_isFoundOut() throws IOException {
    byte[] good = golden();
    for (int length = 0; length < good.length; length++) {
      Files.write(path, Arrays.copyOf(good, length));
      assertThatThrownBy(store::load).as("%d bytes", length).isInstanceOf(IOException.class);
    }
  }

  @Test
  void contentThatMeansNothing_isNeverAnythingElseThanAnError() {
    long seed = System.nanoTime();
    System.out.println("FileReservationStoreTest seed " + seed);
    var random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      var bytes = ReservationFormat.encode(NAMESPACE, STATE);
      int flips = 1 + random.nextInt(3);
      for (int f = 0; f < flips; f++) {
        bytes.array()[16 + random.nextInt(bytes.limit() - 16)] = (byte) random.nextInt(256);
      }
      bytes.limit(random.nextInt(4) > 0 ? bytes.limit() : random.nextInt(bytes.limit()));
      try {
        ReservationState decoded = ReservationFormat.decode(NAMESPACE, bytes);
        assertThat(decoded).isNotNull();
      } catch (IllegalArgumentException expected) {
        assertThat(expected).hasMessageMatching(".+");
      }
    }
  }

  @Test
  void newFileTornByACrash_leavesTheOldContent() throws IOException {
    assertThat(save(STATE)).isEmpty();
    Files.write(directory.resolve("reservations.new"), new byte[] {1, 2, 3});
    assertThat(store.load()).isEqualTo(STATE);
    assertThat(save(ReservationState.NONE)).isEmpty();
    assertThat(store.load()).isEqualTo(ReservationState.NONE);
    assertThat(directory.resolve("reservations.new")).doesNotExist();
  }

  @Test
  void saveThatCannotBe_saysWhy() throws IOException {
    Path missing = directory.resolve("missing").resolve("reservations");
    store = new FileReservationStore(missing, NAMESPACE, ioThreads);
    assertThat(save(STATE)).isPresent();
    assertThat(store.load()).isEqualTo(ReservationState.NONE);
  }

  @Test
  void saveAfterTheIoThreadsEnded_fails() {
    ioThreads.shutdown();
    assertThat(save(STATE)).isPresent();
  }
}
