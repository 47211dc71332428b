package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.SeededRandom;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where every field of every structure is, copied from the specification's figures by hand. */
class StructureLayoutTest {

  /** Structure and its bytes; then each field's name, offset and bytes. */
  private static final String LAYOUTS =
      """
      AnaGroupDescriptor 32
        AGID 0 4, NNV 4 4, CHGCNT 8 8, STATE 16 1
      AnaLog 16
        CHGCNT 0 8, NAGD 8 2
      CommandEffectsLog 4096
      CommandSetCombinations 4096
      ControllerList 4096
        COUNT 0 2
      DiscoveryEntry 1024
        TRTYPE 0 1, ADRFAM 1 1, SUBTYPE 2 1, TREQ 3 1, PORTID 4 2, CNTLID 6 2, ASQSZ 8 2,
        EFLAGS 10 2, TRSVCID 32 32, SUBNQN 256 256, TRADDR 512 256, TSAS_SECTYPE 768 1
      DiscoveryLog 1024
        GENCTR 0 8, NUMREC 8 8, RECFMT 16 2
      EffectsLog 1024
      ErrorLogEntry 64
        ERROR_COUNT 0 8, SQID 8 2, CID 10 2, STATUS 12 2, PARAMETER_ERROR_LOCATION 14 2, LBA
        16 8, NSID 24 4, VENDOR_LOG_PAGE 28 1, TRTYPE 29 1, COMMAND_SPECIFIC 32 8,
        TRTYPE_SPECIFIC 40 2
      FirmwareSlotLog 512
        AFI 0 1, FRS1 8 8
      HostBehaviorSupport 512
        ACRE 0 1, ETDAS 1 1, LBAFEE 2 1
      IdentifyController 4096
        VID 0 2, SSVID 2 2, SN 4 20, MN 24 40, FR 64 8, RAB 72 1, IEEE 73 3, CMIC 76 1, MDTS
        77 1, CNTLID 78 2, VER 80 4, RTD3R 84 4, RTD3E 88 4, OAES 92 4, CTRATT 96 4, RRLS
        100 2, CNTRLTYPE 111 1, FGUID 112 16, CRDT1 128 2, CRDT2 130 2, CRDT3 132 2, NVMSR
        253 1, VWCI 254 1, MEC 255 1, OACS 256 2, ACL 258 1, AERL 259 1, FRMW 260 1, LPA 261
        1, ELPE 262 1, NPSS 263 1, AVSCC 264 1, APSTA 265 1, WCTEMP 266 2, CCTEMP 268 2,
        MTFA 270 2, HMPRE 272 4, HMMIN 276 4, TNVMCAP 280 16, UNVMCAP 296 16, RPMBS 312 4,
        EDSTT 316 2, DSTO 318 1, FWUG 319 1, KAS 320 2, HCTMA 322 2, MNTMT 324 2, MXTMT 326
        2, SANICAP 328 4, HMMINDS 332 4, HMMAXD 336 2, NSETIDMAX 338 2, ENDGIDMAX 340 2,
        ANATT 342 1, ANACAP 343 1, ANAGRPMAX 344 4, NANAGRPID 348 4, PELS 352 4,
        DOMAIN_IDENTIFIER 356 2, MEGCAP 368 16, CQT 386 2, SQES 512 1, CQES 513 1, MAXCMD
        514 2, NN 516 4, ONCS 520 2, FUSES 522 2, FNA 524 1, VWC 525 1, AWUN 526 2, AWUPF
        528 2, ICSVSCC 530 1, NWPC 531 1, ACWU 532 2, OCFS 534 2, SGLS 536 4, MNAN 540 4,
        MAXDNA 544 16, MAXCNA 560 4, SUBNQN 768 256, IOCCSZ 1792 4, IORCSZ 1796 4, ICDOFF
        1800 2, FCATT 1802 1, MSDBD 1803 1, OFCS 1804 2, DCTYPE 1806 1, PSD0_MP 2048 2
      IdentifyNamespace 4096
        NSZE 0 8, NCAP 8 8, NUSE 16 8, NSFEAT 24 1, NLBAF 25 1, FLBAS 26 1, MC 27 1, DPC 28
        1, DPS 29 1, NMIC 30 1, RESCAP 31 1, FPI 32 1, DLFEAT 33 1, NAWUN 34 2, NAWUPF 36 2,
        NACWU 38 2, NABSN 40 2, NABO 42 2, NABSPF 44 2, NOIOB 46 2, NVMCAP 48 16, NPWG 64 2,
        NPWA 66 2, NPDG 68 2, NPDA 70 2, NOWS 72 2, MSSRL 74 2, MCL 76 4, MSRC 80 1, NULBAF
        82 1, ANAGRPID 92 4, NSATTR 99 1, NVMSETID 100 2, ENDGID 102 2, NGUID 104 16, EUI64
        120 8, LBAF0_MS 128 2, LBAF0_LBADS 130 1, LBAF0_RP 131 1
      IdentifyNamespaceIndependent 4096
        NSFEAT 0 1, NMIC 1 1, RESCAP 2 1, FPI 3 1, ANAGRPID 4 4, NSATTR 8 1, NVMSETID 10 2,
        ENDGID 12 2, NSTAT 14 1
      IdentifyNvmController 4096
        VSL 0 1, WZSL 1 1, WUSL 2 1, DMRL 3 1, DMRSL 4 4, DMSL 8 8
      IdentifyNvmNamespace 4096
        LBSTM 0 8, PIC 8 1, ELBAF0 12 4
      NamespaceDescriptors 4096
      NamespaceList 4096
      RegisteredController 24
        CNTLID 0 2, RCSTS 2 1, HOSTID 8 8, RKEY 16 8
      RegisteredControllerExtended 64
        CNTLID 0 2, RCSTS 2 1, RKEY 8 8, HOSTID 16 16
      ReservationKeys 16
        CRKEY 0 8, NRKEY 8 8, PRKEY 8 8
      ReservationNotificationLog 64
        LOG_PAGE_COUNT 0 8, TYPE 8 1, AVAILABLE 9 1, NSID 12 4
      ReservationStatus 24
        GEN 0 4, RTYPE 4 1, REGCTL 5 2, PTPLS 9 1
      SmartLog 512
        CRITICAL_WARNING 0 1, COMPOSITE_TEMPERATURE 1 2, AVAILABLE_SPARE 3 1,
        AVAILABLE_SPARE_THRESHOLD 4 1, PERCENTAGE_USED 5 1, ENDURANCE_GROUP_WARNING 6 1,
        DATA_UNITS_READ 32 16, DATA_UNITS_WRITTEN 48 16, HOST_READ_COMMANDS 64 16,
        HOST_WRITE_COMMANDS 80 16, CONTROLLER_BUSY_TIME 96 16, POWER_CYCLES 112 16,
        POWER_ON_HOURS 128 16, UNSAFE_SHUTDOWNS 144 16, MEDIA_ERRORS 160 16,
        ERROR_LOG_ENTRIES 176 16, WARNING_TEMPERATURE_TIME 192 4, CRITICAL_TEMPERATURE_TIME
        196 4
      TimestampData 8
        TIMESTAMP 0 6, ATTRIBUTES 6 1
      """;

  private static final List<Structure<?>> STRUCTURES =
      List.of(
          new AnaGroupDescriptor(),
          new AnaLog(),
          new CommandEffectsLog(),
          new CommandSetCombinations(),
          new ControllerList(),
          new DiscoveryEntry(),
          new DiscoveryLog(),
          new EffectsLog(),
          new ErrorLogEntry(),
          new FirmwareSlotLog(),
          new HostBehaviorSupport(),
          new IdentifyController(),
          new IdentifyNamespace(),
          new IdentifyNamespaceIndependent(),
          new IdentifyNvmController(),
          new IdentifyNvmNamespace(),
          new NamespaceDescriptors(),
          new NamespaceList(),
          new RegisteredController(),
          new RegisteredControllerExtended(),
          new ReservationKeys(),
          new ReservationNotificationLog(),
          new ReservationStatus(),
          new SmartLog(),
          new TimestampData());

  private static Map<String, String> layouts() {
    var layouts = new LinkedHashMap<String, String>();
    String structure = null;
    for (String line : LAYOUTS.lines().toList()) {
      if (line.startsWith("  ")) {
        layouts.merge(structure, line.strip(), (a, b) -> (a + " " + b).strip());
      } else {
        structure = line.split(" ")[0];
        layouts.put(structure + ".SIZE", line.split(" ")[1]);
        layouts.put(structure, "");
      }
    }
    return layouts;
  }

  private static Stream<Structure<?>> structures() {
    return STRUCTURES.stream();
  }

  private static List<Field> constants(Structure<?> structure) {
    return Arrays.stream(structure.getClass().getFields())
        .filter(constant -> io.dnvme.nvme.Field.class.isAssignableFrom(constant.getType()))
        .toList();
  }

  private static io.dnvme.nvme.Field<?> value(Field constant) {
    try {
      return (io.dnvme.nvme.Field<?>) constant.get(null);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("structures")
  void fields_areWhereTheSpecificationHasThem(Structure<?> structure) throws Exception {
    Class<?> type = structure.getClass();
    var found = new ArrayList<String>();
    for (Field constant : constants(structure)) {
      var field = value(constant);
      found.add(constant.getName() + " " + field.offset() + " " + field.bytes());
    }
    assertThat(String.join(", ", found)).isEqualTo(layouts().get(type.getSimpleName()));
    int size = type.getField("SIZE").getInt(null);
    assertThat(size).isEqualTo(structure.size());
    assertThat(size).isEqualTo(Integer.parseInt(layouts().get(type.getSimpleName() + ".SIZE")));
  }

  @Test
  void everyStructure_isInTheTable() {
    assertThat(STRUCTURES.stream().map(structure -> structure.getClass().getSimpleName()))
        .containsExactlyElementsOf(
            layouts().keySet().stream().filter(name -> !name.endsWith(".SIZE")).toList());
  }

  @ParameterizedTest
  @MethodSource("structures")
  void fields_doNotOverlap(Structure<?> structure) {
    var owners = new String[structure.size()];
    for (Field constant : constants(structure)) {
      var field = value(constant);
      for (int i = field.offset(); i < field.offset() + field.bytes(); i++) {
        // The second key of a reservation command has a name for each command.
        if (!constant.getName().equals("PRKEY")) {
          assertThat(owners[i]).as(constant.getName() + " at " + i).isNull();
        }
        owners[i] = constant.getName();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("structures")
  void randomValues_readBackAndTouchNothingElse(Structure<?> structure) {
    Random random = SeededRandom.of(getClass());
    for (Field constant : constants(structure)) {
      var buffer = Hex.dirty(structure.size() + 7);
      structure.wrap(buffer, 5);
      roundTrip(structure, value(constant), random);
      for (int i = 0; i < buffer.byteSize(); i++) {
        int at = i - 5 - value(constant).offset();
        if (at < 0 || at >= value(constant).bytes()) {
          assertThat(buffer.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) 0xee);
        }
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static <S extends Structure<S>> void roundTrip(
      Structure<?> any, io.dnvme.nvme.Field<?> anyField, Random random) {
    S structure = (S) any;
    switch ((io.dnvme.nvme.Field<S>) anyField) {
      case io.dnvme.nvme.Field.Number<S> number -> {
        int bits = 8 * Math.min(8, number.bytes());
        long value = random.nextLong() >>> (64 - bits);
        assertThat(structure.set(number, value).get(number)).isEqualTo(value);
      }
      case io.dnvme.nvme.Field.Ascii<S> ascii -> {
        String text = "x".repeat(1 + random.nextInt(ascii.bytes()));
        assertThat(structure.set(ascii, text).get(ascii)).isEqualTo(text);
      }
      case io.dnvme.nvme.Field.Name<S> name -> {
        String nqn = Nqn.ofUuid(new UUID(random.nextLong(), random.nextLong()));
        assertThat(structure.set(name, nqn).get(name)).isEqualTo(nqn);
      }
      case io.dnvme.nvme.Field.Bytes<S> bytes -> {
        var value = new byte[bytes.bytes()];
        random.nextBytes(value);
        assertThat(structure.set(bytes, value).get(bytes)).isEqualTo(value);
      }
    }
  }

  @Test
  void start_zeroesTheStructureOnly() {
    MemorySegment buffer = Hex.dirty(68);
    new ErrorLogEntry().wrap(buffer, 2).start();
    assertThat(Hex.of(buffer)).isEqualTo("eeee" + "00".repeat(64) + "eeee");
  }

  @Test
  void numbersOf16Bytes_keepTheLow64Bits() {
    var smart = new SmartLog().wrap(Hex.dirty(SmartLog.SIZE), 0).set(SmartLog.MEDIA_ERRORS, -2);
    assertThat(Hex.of(smart.segment(), 160, 16)).isEqualTo("feffffffffffffff0000000000000000");
    assertThat(smart.get(SmartLog.MEDIA_ERRORS)).isEqualTo(-2);
  }

  @Test
  void textThatDoesNotFit_isRefused() {
    var controller = new IdentifyController().wrap(Hex.dirty(4096), 0);
    assertThatThrownBy(() -> controller.set(IdentifyController.FR, "123456789"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> controller.set(IdentifyController.FR, "\n"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> controller.set(IdentifyController.FGUID, new byte[15]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
