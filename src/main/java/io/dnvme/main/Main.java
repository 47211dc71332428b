package io.dnvme.main;

import io.dnvme.main.up.VirtualDiskSpec;
import java.util.function.Function;
import picocli.CommandLine;

/** Where the process starts. */
public final class Main {

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The whole grammar, ready to run. */
  static CommandLine commandLine() {
    return new CommandLine(new DnvmeCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOverwrittenOptionsAllowed(true)
        .registerConverter(Endpoint.class, converter(Endpoint::parse))
        .registerConverter(VirtualDiskSpec.class, converter(VirtualDiskSpec::parse))
        .setParameterExceptionHandler(Main::refuse)
        .setExecutionExceptionHandler(Main::report);
  }

  /** A value of wrong form is told by the converter's own words. */
  static <T> CommandLine.ITypeConverter<T> converter(Function<String, T> parse) {
    return text -> {
      try {
        return parse.apply(text);
      } catch (IllegalArgumentException e) {
        throw new CommandLine.TypeConversionException(e.getMessage());
      }
    };
  }

  private static int refuse(CommandLine.ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    command.getErr().println("dnvme: " + e.getMessage());
    command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE;
  }

  private static int report(Exception e, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (e instanceof CommandException expected) {
      command.getErr().println("dnvme: " + expected.getMessage());
      return expected.exitCode();
    }
    throw e;
  }
}
