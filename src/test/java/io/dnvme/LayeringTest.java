package io.dnvme;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The layers of docs/architecture.md: an arrow between packages may only point down. The package
 * {@code io.dnvme} itself is nobody's: nothing may depend on it.
 *
 * <p>The rules take the root package as a parameter: they hold for {@code io.dnvme}, and they must
 * find what is planted in {@code io.dnvme.layering.planted}.
 */
class LayeringTest {

  /** From the top; packages of one row do not know each other. */
  private static final List<List<String>> ROWS =
      List.of(
          List.of("main"),
          List.of("cli", "csi", "console"),
          List.of("admin"),
          List.of("control"),
          List.of("agent"),
          List.of("target", "initiator"),
          List.of("volume"),
          List.of("ownership"),
          List.of("disk"),
          List.of("transport"),
          List.of("nvme"),
          List.of("block"));

  /** What talks gRPC only: of everything below it uses the services' row. */
  private static final List<String> FACES = List.of("cli", "csi", "console");

  /** What decides or stores: runs the same under the simulator, so it knows no thread or socket. */
  private static final List<String> PURE = List.of("block", "nvme", "disk", "ownership", "volume");

  /** Pure cores around which a subpackage {@code shell} puts sockets and streams. */
  private static final List<String> CORES_WITH_SHELLS = List.of("target", "initiator", "agent");

  private static final String PLANTED = "io.dnvme.layering.planted";

  private static List<ArchRule> rules(String root) {
    var rules = new ArrayList<ArchRule>();
    for (int row = 0; row < ROWS.size(); row++) {
      List<String> below =
          ROWS.subList(row + 1, ROWS.size()).stream().flatMap(List::stream).toList();
      for (String layer : ROWS.get(row)) {
        rules.add(mayUseOnly(root, layer, FACES.contains(layer) ? List.of("admin") : below));
      }
    }
    for (String pure : PURE) {
      rules.add(
          noClasses()
              .that()
              .resideInAPackage(root + "." + pure + "..")
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage("org.apache.pekko..", "io.netty..", root + ".transport..")
              .because(pure + " runs under the simulator as it is")
              .allowEmptyShould(true));
    }
    for (String core : CORES_WITH_SHELLS) {
      rules.add(
          noClasses()
              .that()
              .resideInAPackage(root + "." + core + "..")
              .and()
              .resideOutsideOfPackage(root + "." + core + ".shell..")
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(
                  "org.apache.pekko..",
                  "io.netty..",
                  root + ".transport..",
                  root + "." + core + ".shell..")
              .because("the rules of " + core + " run under the simulator as they are")
              .allowEmptyShould(true));
    }
    return rules;
  }

  private static ArchRule mayUseOnly(String root, String layer, List<String> below) {
    String[] allowed =
        Stream.concat(Stream.of(layer), below.stream())
            .map(name -> root + "." + name + "..")
            .toArray(String[]::new);
    return noClasses()
        .that()
        .resideInAPackage(root + "." + layer + "..")
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage(root + "..")
                .and(JavaClass.Predicates.resideOutsideOfPackages(allowed)))
        .because(layer + " may use only " + below)
        .allowEmptyShould(true);
  }

  @TestFactory
  Stream<DynamicTest> productionClasses_keepTheLayers() {
    JavaClasses production =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.dnvme");
    assertThat(production).isNotEmpty();
    return rules("io.dnvme").stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(production)));
  }

  @Test
  void everyPackage_isALayer() {
    JavaClasses production =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.dnvme");
    String[] known =
        Stream.concat(
                Stream.of("io.dnvme"),
                ROWS.stream().flatMap(List::stream).map(layer -> "io.dnvme." + layer + ".."))
            .toArray(String[]::new);
    classes().should().resideInAnyPackage(known).check(production);
  }

  /** Each planted class breaks one rule; a rule that finds nothing would prove nothing. */
  @Test
  void plantedViolations_areFound() {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED);
    List<String> found =
        rules(PLANTED).stream()
            .flatMap(rule -> rule.evaluate(planted).getFailureReport().getDetails().stream())
            .toList();
    assertThat(found)
        .anySatisfy(line -> assertThat(line).contains("PointsUp"))
        .anySatisfy(line -> assertThat(line).contains("KnowsPekko"))
        .anySatisfy(line -> assertThat(line).contains("KnowsNetty"))
        .noneSatisfy(line -> assertThat(line).contains("PointsDown"))
        .noneSatisfy(line -> assertThat(line).contains("MayKnowNetty"));
  }
}
