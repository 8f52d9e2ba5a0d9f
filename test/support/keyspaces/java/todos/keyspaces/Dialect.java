package todos.keyspaces;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.cassandra.exceptions.InvalidRequestException;

/** Keyspaces' CQL where it is not Cassandra's: words it lacks are refused, words of its own are translated. */
final class Dialect
{
    private static final Pattern LITERAL = Pattern.compile("'(?:[^']++|'')*+'|\"(?:[^\"]++|\"\")*+\"|\\$\\$.*?\\$\\$", Pattern.DOTALL);
    private static final Pattern TIMESTAMP = caseless("\\b(?:USING|AND)\\s+TIMESTAMP\\s+(?:\\?|:|\\d|-)|\\b(?:MAX)?WRITETIME\\s*\\(");
    private static final Pattern TUPLE = caseless("(?<!token)\\s*\\(\\s*\\w+(?:\\s*,\\s*\\w+)+\\s*\\)\\s*(?:[=<>]|IN\\b)");
    private static final Pattern WHERE = caseless("\\bWHERE\\b");
    private static final Pattern PER_PARTITION = caseless("\\bPER\\s+PARTITION\\s+LIMIT\\b");
    private static final Pattern CREATE_KEYSPACE = caseless("^\\s*(?:CREATE|ALTER)\\s+KEYSPACE\\b");
    private static final Pattern REPLICATION = caseless("(\\bREPLICATION\\s*=\\s*)(\\{[^}]*})");
    private static final Pattern SINGLE_REGION = caseless("'class'\\s*:\\s*'SingleRegionStrategy'");
    private static final Pattern CUSTOM_PROPERTIES = caseless("\\bCUSTOM_PROPERTIES\\s*=\\s*\\{(?:[^{}]|\\{[^{}]*})*}");
    private static final Pattern TTL_ENABLED = caseless("'ttl'\\s*:\\s*\\{\\s*'status'\\s*:\\s*'enabled'\\s*}");
    private static final Pattern RECOVERY_ENABLED = caseless("'point_in_time_recovery'\\s*:\\s*\\{\\s*'status'\\s*:\\s*'enabled'\\s*}");
    private static final Pattern CLIENT_TIMESTAMPS = caseless("'client_side_timestamps'");

    /**
     * Where a table remembers that its TTL is enabled, over restarts too: a number of its max_index_interval that
     * nobody chooses, Cassandra having no setting of that name and keeping none that it does not know.
     */
    static final int TTL_MARK = 2047;
    /** Where a table remembers that it can be restored to a point in time: its comment. */
    private static final String RECOVERY_MARK = "point-in-time recovery";

    private Dialect() {}

    /** The statement as Cassandra's own parser takes it. */
    static String toCassandra(String cql)
    {
        String bare = LITERAL.matcher(cql).replaceAll("?");
        checkGrammar(bare);
        // USING TIMESTAMP and WRITETIME need client-side timestamps, an opt-in that can't be taken back, so
        // the project goes without: docs.aws.amazon.com/keyspaces/latest/devguide/functional-differences.html#functional-differences.timestamps
        if (TIMESTAMP.matcher(bare).find() || CLIENT_TIMESTAMPS.matcher(cql).find())
            throw new InvalidRequestException("Client-side timestamps (USING TIMESTAMP, WRITETIME) are not turned on");
        return properties(replication(cql));
    }

    // docs.aws.amazon.com/keyspaces/latest/devguide/cql.dml.select.html: a relation is a column, an operator and a
    // term, and neither tuples of columns nor PER PARTITION LIMIT are in the grammar.
    private static void checkGrammar(String bare)
    {
        Matcher where = WHERE.matcher(bare);
        if (where.find() && TUPLE.matcher(bare.substring(where.end())).find())
            throw new InvalidRequestException("Comparing tuples of columns is not supported");
        if (PER_PARTITION.matcher(bare).find())
            throw new InvalidRequestException("PER PARTITION LIMIT is not supported");
    }

    // docs.aws.amazon.com/keyspaces/latest/devguide/cql.ddl.keyspace.html: SingleRegionStrategy, or
    // NetworkTopologyStrategy with regions, of which a bench on one machine has none.
    private static String replication(String cql)
    {
        Matcher replication = REPLICATION.matcher(cql);
        if (!CREATE_KEYSPACE.matcher(cql).find() || !replication.find())
            return cql;
        if (!SINGLE_REGION.matcher(replication.group(2)).find())
            throw new InvalidRequestException("The replication class of a keyspace must be SingleRegionStrategy");
        return replication.replaceFirst("$1{'class': 'SimpleStrategy', 'replication_factor': '1'}");
    }

    // docs.aws.amazon.com/keyspaces/latest/devguide/TTL-how-to-enable-custom-properties.html for 'ttl', configure_PITR.html
    // for recovery; capacity mode and encryption change nothing here, like an option that Keyspaces ignores.
    private static String properties(String cql)
    {
        Matcher custom = CUSTOM_PROPERTIES.matcher(cql);
        if (!custom.find())
            return cql;
        // An option that stands for none, with its default.
        StringBuilder options = new StringBuilder("crc_check_chance = 1.0");
        if (TTL_ENABLED.matcher(custom.group()).find())
            options.append(" AND max_index_interval = ").append(TTL_MARK);
        if (RECOVERY_ENABLED.matcher(custom.group()).find())
            options.append(" AND comment = '").append(RECOVERY_MARK).append("'");
        return custom.replaceFirst(Matcher.quoteReplacement(options.toString()));
    }

    private static Pattern caseless(String regex)
    {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }
}
