package io.dnvme.nvme;

/** Any command, with its dwords unnamed (NVMe Base 2.0 §3.3.3.1). */
public final class SubmissionQueueEntry extends Command<SubmissionQueueEntry> {

  public static final int CDW2 = 8;
  public static final int CDW3 = 12;
  public static final int MPTR = 16;
  public static final int CDW11 = 44;
  public static final int CDW12 = 48;
  public static final int CDW13 = 52;
  public static final int CDW14 = 56;
  public static final int CDW15 = 60;

  public int cdw2() {
    return i32(CDW2);
  }

  public SubmissionQueueEntry cdw2(int value) {
    return u32(CDW2, value);
  }

  public int cdw3() {
    return i32(CDW3);
  }

  public SubmissionQueueEntry cdw3(int value) {
    return u32(CDW3, value);
  }

  public long mptr() {
    return u64(MPTR);
  }

  public int cdw10() {
    return i32(CDW10);
  }

  public SubmissionQueueEntry cdw10(int value) {
    return u32(CDW10, value);
  }

  public int cdw11() {
    return i32(CDW11);
  }

  public SubmissionQueueEntry cdw11(int value) {
    return u32(CDW11, value);
  }

  public int cdw12() {
    return i32(CDW12);
  }

  public SubmissionQueueEntry cdw12(int value) {
    return u32(CDW12, value);
  }

  public int cdw13() {
    return i32(CDW13);
  }

  public SubmissionQueueEntry cdw13(int value) {
    return u32(CDW13, value);
  }

  public int cdw14() {
    return i32(CDW14);
  }

  public SubmissionQueueEntry cdw14(int value) {
    return u32(CDW14, value);
  }

  public int cdw15() {
    return i32(CDW15);
  }

  public SubmissionQueueEntry cdw15(int value) {
    return u32(CDW15, value);
  }
}
