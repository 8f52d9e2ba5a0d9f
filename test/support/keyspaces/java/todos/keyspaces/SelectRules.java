package todos.keyspaces;

import java.util.Set;

import org.apache.cassandra.cql3.QueryOptions;
import org.apache.cassandra.cql3.restrictions.StatementRestrictions;
import org.apache.cassandra.cql3.statements.Bound;
import org.apache.cassandra.cql3.statements.SelectStatement;
import org.apache.cassandra.db.ConsistencyLevel;
import org.apache.cassandra.service.ClientState;

import static todos.keyspaces.Refusal.refuseIf;

/** What Keyspaces refuses of a SELECT. */
final class SelectRules
{
    // docs.aws.amazon.com/keyspaces/latest/devguide/consistency.html
    private static final Set<ConsistencyLevel> CONSISTENCIES =
        Set.of(ConsistencyLevel.ONE, ConsistencyLevel.LOCAL_ONE, ConsistencyLevel.LOCAL_QUORUM);
    // docs.aws.amazon.com/keyspaces/latest/devguide/quotas.html: subqueries per IN SELECT statement
    private static final int SUBQUERIES_MAX = 100;

    private SelectRules() {}

    static void check(SelectStatement select, QueryOptions options, ClientState state)
    {
        refuseIf(!CONSISTENCIES.contains(options.getConsistency()),
                 "Consistency level " + options.getConsistency() + " is not supported for this operation. "
                 + "Supported consistency levels are: ONE, LOCAL_ONE, LOCAL_QUORUM");
        // docs.aws.amazon.com/keyspaces/latest/devguide/cql.functions.html: built-in scalar functions, no others
        refuseIf(select.getSelection().isAggregate(), "Aggregate functions are not supported");
        // docs.aws.amazon.com/keyspaces/latest/devguide/cql.dml.select.html: neither is in the grammar
        refuseIf(select.parameters.isDistinct, "SELECT DISTINCT is not supported");
        refuseIf(!select.parameters.groups.isEmpty(), "GROUP BY is not supported");
        checkIn(select.getRestrictions(), options, state);
    }

    // docs.aws.amazon.com/keyspaces/latest/devguide/functional-differences.html#functional-differences.IN-keyword
    private static void checkIn(StatementRestrictions where, QueryOptions options, ClientState state)
    {
        if (!where.keyIsInRelation() && !where.clusteringKeyRestrictionsHasIN())
            return;
        refuseIf(where.isPartitionKeyRestrictionsOnToken(), "TOKEN is not supported with IN");
        refuseIf(hasSlice(where), "Slices are not supported with IN");
        int partitions = where.isKeyRange() ? 1 : where.getPartitionKeys(options, state).size();
        int rows = !where.hasClusteringColumnsRestrictions() ? 1
                   : where.isColumnRange() ? where.getClusteringColumnsBounds(Bound.START, options).size()
                   : where.getClusteringColumns(options, state).size();
        refuseIf(partitions * rows > SUBQUERIES_MAX,
                 "IN makes " + partitions * rows + " subqueries, at most " + SUBQUERIES_MAX + " are supported");
    }

    /** Whether a clustering column is compared by anything but equality. */
    private static boolean hasSlice(StatementRestrictions where)
    {
        return where.table.clusteringColumns().stream()
                          .anyMatch(column -> where.isRestricted(column) && !where.isEqualityRestricted(column));
    }
}
