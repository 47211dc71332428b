package io.dnvme.target.queue;

import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.Pdu;

/**
 * One command's data on its way from the host: which parts were asked for by R2T, and how much of
 * each has come (NVMe/TCP Transport 1.0 §3.3.2.2). Each R2T's data comes in order; those of several
 * R2Ts may come in any.
 */
final class HostTransfer {

  /** The most R2Ts outstanding for one command, whatever the host allows. */
  static final int MAX_R2TS = 4;

  private final int[] next = new int[MAX_R2TS];
  private final int[] end = new int[MAX_R2TS];
  private int outstanding;
  private int length;
  private int asked;
  private boolean digestWrong;
  private boolean askDue;
  private int fes;
  private int fei;

  void start(int lengthBytes) {
    length = lengthBytes;
    asked = 0;
    outstanding = 0;
    digestWrong = false;
    askDue = false;
    for (int i = 0; i < MAX_R2TS; i++) {
      next[i] = 0;
      end[i] = 0;
    }
  }

  /** Whether another R2T can be sent where the host allows {@code limit} at a time. */
  boolean mayAsk(int limit) {
    return asked < length && outstanding < limit;
  }

  /** Asks for the next part, of at most {@code maxBytes}; returns the R2T's number. */
  int ask(int maxBytes) {
    int number = 0;
    while (next[number] < end[number]) {
      number++;
    }
    next[number] = asked;
    asked = Math.min(asked + maxBytes, length);
    end[number] = asked;
    outstanding++;
    return number;
  }

  /** Whether an R2T is about to be written. */
  boolean isAskDue() {
    return askDue;
  }

  void askDue(boolean value) {
    askDue = value;
  }

  int offset(int number) {
    return next[number];
  }

  int remaining(int number) {
    return end[number] - next[number];
  }

  boolean isOutstanding(int number) {
    return next[number] < end[number];
  }

  int outstanding() {
    return outstanding;
  }

  boolean isWhole() {
    return asked == length && outstanding == 0;
  }

  boolean isDigestWrong() {
    return digestWrong;
  }

  void digestWrong() {
    digestWrong = true;
  }

  /**
   * Takes note of data for an outstanding R2T.
   *
   * @return false where it is a transport fault: {@link #fes}, {@link #fei}
   */
  boolean take(int number, long offset, long lengthBytes, boolean last) {
    if (offset != next[number] || lengthBytes > end[number] - offset) {
      return fault(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE, 0);
    }
    boolean completes = offset + lengthBytes == end[number];
    if (completes != last) {
      return fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, Pdu.FLAGS);
    }
    next[number] += (int) lengthBytes;
    if (completes) {
      outstanding--;
    }
    return true;
  }

  int fes() {
    return fes;
  }

  int fei() {
    return fei;
  }

  private boolean fault(int fes, int fei) {
    this.fes = fes;
    this.fei = fei;
    return false;
  }
}
