package io.dnvme.e2e;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One virtio-serial port of the guest, which runs one script at a time; {@code
 * src/test/e2e/guest/init} is the other side and says what travels. Used by one thread at a time,
 * which blocks in it until the script ends; closing it from another thread ends that wait.
 */
final class Slot implements AutoCloseable {

  /** The exit status and the output of a script. */
  record Answer(int exitStatus, String output) {}

  private static final int MAX_HEADER_BYTES = 64;

  private final int number;
  private final SocketChannel channel;
  private final InputStream input;

  private Slot(int number, SocketChannel channel) {
    this.number = number;
    this.channel = channel;
    this.input = new BufferedInputStream(Channels.newInputStream(channel));
  }

  /**
   * @throws IOException also when nothing listens at {@code socket} yet
   */
  static Slot connect(int number, Path socket) throws IOException {
    return new Slot(number, SocketChannel.open(UnixDomainSocketAddress.of(socket)));
  }

  int number() {
    return number;
  }

  /**
   * Runs a script and waits for its end, however long that takes.
   *
   * @throws IOException when the guest is gone
   */
  Answer run(String script) throws IOException {
    byte[] text = script.getBytes(StandardCharsets.UTF_8);
    byte[] header = (text.length + "\n").getBytes(StandardCharsets.US_ASCII);
    var request = ByteBuffer.allocate(header.length + text.length).put(header).put(text).flip();
    while (request.hasRemaining()) {
      channel.write(request);
    }
    String[] answer = readHeader().split(" ", 2);
    byte[] output = input.readNBytes(Integer.parseInt(answer[1]));
    return new Answer(Integer.parseInt(answer[0]), new String(output, StandardCharsets.UTF_8));
  }

  private String readHeader() throws IOException {
    var header = new StringBuilder();
    for (int next = input.read(); next != '\n'; next = input.read()) {
      if (next < 0) {
        throw new EOFException("the guest closed slot " + number);
      }
      if (header.length() == MAX_HEADER_BYTES) {
        throw new IOException("slot " + number + " does not speak the protocol: " + header);
      }
      header.append((char) next);
    }
    return header.toString();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
