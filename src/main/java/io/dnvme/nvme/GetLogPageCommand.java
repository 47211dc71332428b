package io.dnvme.nvme;

/** Get Log Page (NVMe Base 2.0 §5.16). */
public final class GetLogPageCommand extends Command<GetLogPageCommand> {

  public static final int LID = 40;
  public static final int LSP_RAE = 41;
  public static final int NUMDL = 42;
  public static final int NUMDU = 44;
  public static final int LSI = 46;
  public static final int LPO = 48;
  public static final int CDW14 = 56;

  private static final BitField LSP = BitField.bits(6, 0);
  private static final BitField RAE = BitField.bit(7);
  private static final BitField UUID_INDEX = BitField.bits(6, 0);
  private static final BitField OT = BitField.bit(23);
  private static final BitField CSI = BitField.bits(31, 24);

  /**
   * @param lengthBytes a multiple of 4, above 0
   */
  public GetLogPageCommand start(int cid, int lid, long lpo, long lengthBytes) {
    long numd0Based = lengthBytes / 4 - 1;
    return start(AdminOpcode.GET_LOG_PAGE, cid)
        .u8(LID, lid)
        .u32(NUMDL, numd0Based)
        .u64(LPO, lpo)
        .sglTransport(lengthBytes);
  }

  /** {@link LogPage}. */
  public int lid() {
    return u8(LID);
  }

  /** Log specific parameter. */
  public int lsp() {
    return LSP.get(u8(LSP_RAE));
  }

  public GetLogPageCommand lsp(int lsp) {
    return u8(LSP_RAE, LSP.with(u8(LSP_RAE), lsp));
  }

  /** Retain asynchronous event: reading the page does not arm its event again. */
  public boolean isRae() {
    return RAE.isSet(u8(LSP_RAE));
  }

  public GetLogPageCommand rae(boolean rae) {
    return u8(LSP_RAE, RAE.with(u8(LSP_RAE), rae ? 1 : 0));
  }

  /** Bytes asked for: 4 to 2^34. */
  public long lengthBytes() {
    return (u32(NUMDL) + 1) * 4;
  }

  /** Log specific identifier. */
  public int lsi() {
    return u16(LSI);
  }

  public GetLogPageCommand lsi(int lsi) {
    return u16(LSI, lsi);
  }

  /** Where in the page to begin, in bytes (entries, if {@link #isOffsetInEntries}); unsigned. */
  public long lpo() {
    return u64(LPO);
  }

  public boolean isOffsetInEntries() {
    return OT.isSet(u32(CDW14));
  }

  public int csi() {
    return (int) CSI.get(u32(CDW14));
  }

  public int uuidIndex() {
    return (int) UUID_INDEX.get(u32(CDW14));
  }
}
