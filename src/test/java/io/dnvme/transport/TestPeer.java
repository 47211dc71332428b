package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The other end of a connection to {@link AnswerRules}: a plain blocking socket. */
final class TestPeer implements AutoCloseable {

  final Socket socket = new Socket();
  private final OutputStream out;
  private final DataInputStream in;

  TestPeer(InetSocketAddress address) throws IOException {
    this(address, 0);
  }

  TestPeer(InetSocketAddress address, int receiveBufferBytes) throws IOException {
    if (receiveBufferBytes > 0) {
      socket.setReceiveBufferSize(receiveBufferBytes);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) (TransportFixture.LIMIT_SECONDS * 1000));
    socket.connect(address);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
  }

  /** A capsule that asks for {@code length} bytes of the pattern from {@code offset} on. */
  static byte[] capsule(int number, int length, int offset, byte[] data) {
    ByteBuffer pdu =
        ByteBuffer.allocate(AnswerRules.CAPSULE_BYTES + data.length).order(ByteOrder.LITTLE_ENDIAN);
    pdu.put(0, (byte) 4).put(2, (byte) AnswerRules.CAPSULE_BYTES);
    if (data.length > 0) {
      pdu.put(3, (byte) AnswerRules.CAPSULE_BYTES);
    }
    pdu.putInt(4, pdu.capacity());
    pdu.putInt(AnswerRules.NUMBER, number);
    pdu.putInt(AnswerRules.LENGTH, length);
    pdu.putInt(AnswerRules.OFFSET, offset);
    pdu.put(AnswerRules.CAPSULE_BYTES, data);
    return pdu.array();
  }

  static byte[] capsule(int number, int length, int offset) {
    return capsule(number, length, offset, new byte[0]);
  }

  void send(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  void send(byte[] bytes, int from, int length) throws IOException {
    out.write(bytes, from, length);
  }

  /** Reads one answer and checks it against what was asked for. */
  void expect(int number, int length, int offset) throws IOException {
    assertThat(Integer.reverseBytes(in.readInt())).as("number").isEqualTo(number);
    assertThat(Integer.reverseBytes(in.readInt())).as("length").isEqualTo(length);
    byte[] payload = new byte[length];
    in.readFully(payload);
    assertThat(
            MemorySegment.mismatch(
                MemorySegment.ofArray(payload),
                0,
                length,
                AnswerRules.PATTERN,
                offset,
                offset + length))
        .as("first wrong byte of answer %d", number)
        .isEqualTo(-1);
  }

  /** Reads {@code bytes} of answers without a look at them. */
  void skip(int bytes) throws IOException {
    in.skipNBytes(bytes);
  }

  /** Reads until the other side ends; true where it ended in good order, false where by a reset. */
  boolean endsInOrder() {
    try {
      in.readByte();
      throw new AssertionError("unexpected byte");
    } catch (EOFException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
