package io.dnvme.sim;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnvme simulate}: runs seeds, as many at a time as there are cores. */
@Command(
    name = "simulate",
    description = {
      "Runs the production classes in simulated worlds that break, and checks what hosts saw.",
      "A seed is a whole course of events; a failing one is printed with the command that replays it."
    },
    mixinStandardHelpOptions = true)
public final class SimulateCommand implements Callable<Integer> {

  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final double SECONDS_PER_HOUR = 3600;
  private static final double NANOS_PER_MINUTE = 6e10;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The first seed. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  private long firstSeed;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "How many seeds, from S on. Default: 1 with --seed, 100 without.")
  private Long seeds;

  @Option(
      names = "--world",
      paramLabel = "NAME",
      description = "Which kind of world; all kinds unless given.")
  private String worldName;

  @Option(
      names = "--plant",
      paramLabel = "BUG",
      description = "Turn a planted bug of the production classes on, to see it caught.")
  private String bug;

  @Option(names = "--trace", description = "Print everything that happens, in order.")
  private boolean trace;

  @Option(
      names = "--table",
      description = "Print how often each nemesis struck at each protocol step.")
  private boolean table;

  /** Where the launcher starts it. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new SimulateCommand()).setCommandName("dnvme simulate").execute(args));
  }

  @Override
  public Integer call() {
    boolean seedGiven = spec.commandLine().getParseResult().hasMatchedOption("--seed");
    long count = seeds != null ? seeds : seedGiven ? 1 : 100;
    if (count < 1) {
      spec.commandLine().getErr().println("dnvme: --seeds must be at least 1, not " + count);
      return USAGE;
    }
    List<Scenario> chosen = Scenarios.named(worldName, bug);
    if (bug != null && chosen.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println(
              "dnvme: no such world has a planted bug '"
                  + bug
                  + "'; there are "
                  + Scenarios.bugs());
      return USAGE;
    }
    if (chosen.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("dnvme: there is no world '" + worldName + "'; there are " + Scenarios.names());
      return USAGE;
    }
    boolean good = true;
    for (Scenario scenario : chosen) {
      good &= run(scenario, count);
    }
    return good ? 0 : FAILED;
  }

  private boolean run(Scenario scenario, long count) {
    PrintWriter out = spec.commandLine().getOut();
    var total = new Total(new NemesisTable(scenario.nemeses(), scenario.steps()));
    Seeds.run(
        scenario,
        firstSeed,
        count,
        trace ? out::println : null,
        run -> {
          total.add(run);
          if (!run.result().isGood()) {
            report(out, scenario, run.result());
          }
          return true;
        });
    summarise(out, scenario, total);
    return total.failed == 0;
  }

  private void report(PrintWriter out, Scenario scenario, Simulation.Result result) {
    out.println("seed " + result.seed() + " of world '" + scenario.name() + "' FAILED");
    result.violations().forEach(violation -> out.println("  " + violation));
    String planted = bug == null ? "" : " --plant " + bug;
    out.printf(
        "  replay: ./dnvme simulate --world %s --seed %d%s --trace%n",
        scenario.name(), result.seed(), planted);
    out.flush();
  }

  private void summarise(PrintWriter out, Scenario scenario, Total total) {
    double cpuMinutes = total.cpuNanos / NANOS_PER_MINUTE;
    double hours = total.simulatedNanos / (double) SimWorld.SECONDS / SECONDS_PER_HOUR;
    out.printf(
        "world '%s': %d seeds, %d failed; %.2f simulated hours, %d faults, %d commands, %d events%n",
        scenario.name(), total.runs, total.failed, hours, total.faults, total.ops, total.events);
    out.printf(
        "per minute of CPU: %.1f simulated hours, %.0f faults, %.0f seeds%n",
        hours / cpuMinutes, total.faults / cpuMinutes, total.runs / cpuMinutes);
    if (table) {
      out.println(total.table);
    }
    out.flush();
  }

  /** Summed up over seeds. */
  private static final class Total {
    private final NemesisTable table;
    private long runs;
    private long failed;
    private long simulatedNanos;
    private long faults;
    private long ops;
    private long events;
    private long cpuNanos;

    Total(NemesisTable table) {
      this.table = table;
    }

    void add(Seeds.Run run) {
      Simulation.Result result = run.result();
      cpuNanos += run.cpuNanos();
      runs++;
      failed += result.isGood() ? 0 : 1;
      simulatedNanos += result.simulatedNanos();
      faults += result.faults();
      ops += result.opsDone();
      events += result.events();
      table.add(result.table());
    }
  }
}
