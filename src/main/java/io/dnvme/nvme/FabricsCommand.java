package io.dnvme.nvme;

/**
 * A command with opcode 7Fh, whose meaning FCTYPE says (NVMe Base 2.0 §6). It has no NSID: FCTYPE
 * is where others have it.
 *
 * @param <S> the command itself, for chained calls
 */
public abstract class FabricsCommand<S extends FabricsCommand<S>> extends Command<S> {

  /** The opcode of all Fabrics commands, on admin and I/O queues. */
  public static final int OPCODE = 0x7f;

  public static final int FCTYPE = 4;

  public static final int FCTYPE_PROPERTY_SET = 0x00;
  public static final int FCTYPE_CONNECT = 0x01;
  public static final int FCTYPE_PROPERTY_GET = 0x04;
  public static final int FCTYPE_AUTHENTICATION_SEND = 0x05;
  public static final int FCTYPE_AUTHENTICATION_RECEIVE = 0x06;
  public static final int FCTYPE_DISCONNECT = 0x08;

  public final int fctype() {
    return u8(FCTYPE);
  }

  final S startFabrics(int fctype, int cid) {
    return start(OPCODE, cid).u8(FCTYPE, fctype);
  }
}
