package io.dnvme.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The QEMU process under a guest, its console's log and its virtio-serial ports. Its network is
 * QEMU's user mode: the guest reaches this machine's 127.0.0.1 as 10.0.2.2, and one port of this
 * machine's 127.0.0.1 leads to a port of the guest.
 *
 * <p>The machine type is q35 because microvm hangs at times when it boots in software emulation.
 */
final class VirtualMachine implements AutoCloseable {

  /** The guest's port that is reached from here. */
  static final int PORT_IN_GUEST = 4420;

  private static final int MEMORY_MEBIBYTES = 1024;
  private static final int CONSOLE_TAIL_LINES = 60;
  private static final Duration SOCKETS_LIMIT = Duration.ofSeconds(30);
  private static final Duration POWER_OFF_LIMIT = Duration.ofSeconds(10);

  private final Process process;
  private final Path console;
  private final Path socketDirectory;
  private final int forwardedPort;
  private final List<Slot> slots = new ArrayList<>();

  private VirtualMachine(Process process, Path console, Path socketDirectory, int forwardedPort) {
    this.process = process;
    this.console = console;
    this.socketDirectory = socketDirectory;
    this.forwardedPort = forwardedPort;
  }

  /** Starts QEMU and connects {@code slotCount} ports; the kernel boots meanwhile. */
  static VirtualMachine start(String name, GuestImage image, int slotCount)
      throws IOException, InterruptedException {
    // The path of a Unix socket has a limit of about 100 bytes, which a checkout's directory may
    // exceed.
    Path sockets = Files.createTempDirectory("dnvme");
    Path console = Project.logFile(name + ".console.log");
    Files.deleteIfExists(console);
    int forwardedPort = Project.freePort();
    var process =
        new ProcessBuilder(command(image, console, sockets, slotCount, forwardedPort))
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(Project.logFile(name + ".qemu.log").toFile())
            .start();
    var machine = new VirtualMachine(process, console, sockets, forwardedPort);
    try {
      long deadline = System.nanoTime() + SOCKETS_LIMIT.toNanos();
      for (int i = 0; i < slotCount; i++) {
        machine.slots.add(machine.connect(i, deadline));
      }
      return machine;
    } catch (Throwable e) {
      machine.close();
      throw e;
    }
  }

  private static List<String> command(
      GuestImage image, Path console, Path sockets, int slotCount, int forwardedPort) {
    var command = new ArrayList<String>();
    command.add("qemu-system-x86_64");
    Collections.addAll(command, "-machine", "q35", "-smp", "1", "-m", "" + MEMORY_MEBIBYTES);
    if (kernelVirtualMachineWorks()) {
      Collections.addAll(command, "-accel", "kvm", "-cpu", "host");
    } else {
      Collections.addAll(command, "-accel", "tcg,thread=multi", "-cpu", "Nehalem-v1,+rdrand");
    }
    Collections.addAll(command, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot");
    Collections.addAll(command, "-kernel", image.kernel().toString());
    Collections.addAll(command, "-initrd", image.initramfs().toString());
    Collections.addAll(
        command,
        "-append",
        "console=ttyS0 quiet panic=-1 cryptomgr.notests random.trust_cpu=1 mitigations=off nokaslr");
    Collections.addAll(command, "-serial", "file:" + console);
    String forward = "tcp:127.0.0.1:%d-:%d".formatted(forwardedPort, PORT_IN_GUEST);
    Collections.addAll(command, "-netdev", "user,id=net,hostfwd=" + forward);
    Collections.addAll(command, "-device", "virtio-net-pci,netdev=net");
    Collections.addAll(command, "-device", "virtio-serial-pci");
    for (int i = 0; i < slotCount; i++) {
      String socket = "socket,server=on,wait=off,id=slot" + i + ",path=" + socket(sockets, i);
      String port = "virtserialport,chardev=slot" + i + ",name=slot." + i;
      Collections.addAll(command, "-chardev", socket, "-device", port);
    }
    return command;
  }

  /** A /dev/kvm without Intel's or AMD's module behind it does not run ordinary kernels. */
  private static boolean kernelVirtualMachineWorks() {
    return Files.isWritable(Path.of("/dev/kvm"))
        && (Files.exists(Path.of("/sys/module/kvm_intel"))
            || Files.exists(Path.of("/sys/module/kvm_amd")));
  }

  private static Path socket(Path sockets, int number) {
    return sockets.resolve("slot" + number);
  }

  private Slot connect(int number, long deadlineNanos) throws IOException, InterruptedException {
    while (true) {
      try {
        return Slot.connect(number, socket(socketDirectory, number));
      } catch (IOException e) {
        if (System.nanoTime() > deadlineNanos) {
          throw new IOException("QEMU did not open its ports within " + SOCKETS_LIMIT, e);
        }
      }
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw new IOException("QEMU ended with " + process.exitValue() + ", see *.qemu.log");
      }
    }
  }

  List<Slot> slots() {
    return slots;
  }

  /** Leads from this machine's 127.0.0.1 to {@link #PORT_IN_GUEST}. */
  int forwardedPort() {
    return forwardedPort;
  }

  boolean isRunning() {
    return process.isAlive();
  }

  boolean endsWithin(Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  /** The last lines on the guest's console: where a kernel panic is. */
  String consoleTail() {
    try {
      List<String> lines = Files.readString(console, StandardCharsets.ISO_8859_1).lines().toList();
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - CONSOLE_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(no console: " + e + ")";
    }
  }

  /** Closes the ports, which makes the guest power off, and ends QEMU where the guest does not. */
  @Override
  public void close() throws IOException {
    for (Slot slot : slots) {
      slot.close();
    }
    if (slots.isEmpty() || !endsWithin(POWER_OFF_LIMIT)) {
      process.destroyForcibly();
    }
    for (int i = 0; i <= slots.size(); i++) {
      Files.deleteIfExists(socket(socketDirectory, i));
    }
    Files.deleteIfExists(socketDirectory);
  }
}
