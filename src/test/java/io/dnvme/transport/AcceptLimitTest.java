package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A process that has no descriptor left for a connection. It is a process of its own: a limit on
 * descriptors is the whole process's.
 */
class AcceptLimitTest {

  /** Enough for a JVM with its libraries, and soon used up. */
  private static final int DESCRIPTORS = 160;

  private static final int PROBE_MILLIS = 1000;

  @Test
  void noDescriptorsLeft_acceptingRestsWithoutSpinningAndGoesOnLater() throws Exception {
    Process server = startServer();
    try (BufferedReader answers =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      var address =
          new InetSocketAddress(
              InetAddress.getLoopbackAddress(), Integer.parseInt(answers.readLine()));
      // Classes that come from a directory take a descriptor to be loaded: have them now.
      try (var early = new TestPeer(address)) {
        exchange(early);
      }
      var answered = new ArrayDeque<TestPeer>();
      TestPeer waiting = connectUntilOneWaits(address, answered);
      long before = epollWaits(server, answers);
      long start = System.nanoTime();
      TransportFixture.await(
          "some rests", () -> System.nanoTime() - start > 3 * AcceptLoop.REST_NANOS);
      exchange(answered.getFirst());
      assertThat(epollWaits(server, answers) - before).isLessThan(50);

      answered.removeLast().close();
      waiting.socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TransportFixture.LIMIT_SECONDS));
      waiting.expect(1, 16, 0);
      waiting.close();
      for (TestPeer peer : answered) {
        peer.close();
      }
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  /** The kernel has completed its connection, but the server has no descriptor to take it. */
  private static TestPeer connectUntilOneWaits(
      InetSocketAddress address, ArrayDeque<TestPeer> answered) throws IOException {
    while (answered.size() < DESCRIPTORS) {
      var peer = new TestPeer(address);
      peer.socket.setSoTimeout(PROBE_MILLIS);
      peer.send(TestPeer.capsule(1, 16, 0));
      try {
        peer.expect(1, 16, 0);
      } catch (SocketTimeoutException e) {
        return peer;
      }
      answered.add(peer);
    }
    throw new AssertionError("the server has more than " + DESCRIPTORS + " descriptors");
  }

  private static void exchange(TestPeer peer) throws IOException {
    peer.send(TestPeer.capsule(1, 16, 0));
    peer.expect(1, 16, 0);
  }

  private static long epollWaits(Process server, BufferedReader answers) throws IOException {
    server.getOutputStream().write('\n');
    server.getOutputStream().flush();
    return Long.parseLong(answers.readLine());
  }

  private static Process startServer() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            List.of(
                "sh",
                "-c",
                "ulimit -n " + DESCRIPTORS + " && exec \"$@\"",
                "sh",
                java,
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Server.class.getName()))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Prints its port, then its count of epoll calls for each line that it reads. */
  static final class Server {
    private Server() {}

    public static void main(String[] args) throws IOException {
      try (TransportFixture fixture = new TransportFixture(1)) {
        System.out.println(fixture.listen(AnswerRules::new).address().getPort());
        while (System.in.read() >= 0) {
          System.out.println(fixture.reactors.get(0).counters().epollWaits());
        }
      }
    }
  }
}
