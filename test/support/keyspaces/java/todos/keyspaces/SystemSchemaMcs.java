package todos.keyspaces;

import java.util.List;

import org.apache.cassandra.db.marshal.Int32Type;
import org.apache.cassandra.db.marshal.UTF8Type;
import org.apache.cassandra.db.virtual.AbstractVirtualTable;
import org.apache.cassandra.db.virtual.SimpleDataSet;
import org.apache.cassandra.db.virtual.VirtualKeyspace;
import org.apache.cassandra.db.virtual.VirtualKeyspaceRegistry;
import org.apache.cassandra.dht.LocalPartitioner;
import org.apache.cassandra.schema.KeyspaceMetadata;
import org.apache.cassandra.schema.Schema;
import org.apache.cassandra.schema.TableMetadata;

/**
 * Keyspaces' own system keyspace, as far as a client needs it to await a table or keyspace:
 * docs.aws.amazon.com/keyspaces/latest/devguide/working-with-keyspaces.html
 */
final class SystemSchemaMcs
{
    private static final String NAME = "system_schema_mcs";

    private SystemSchemaMcs() {}

    static void register(SlowSchema schema)
    {
        VirtualKeyspaceRegistry.instance.register(
            new VirtualKeyspace(NAME, List.of(new KeyspacesTable(schema), new TablesTable(schema))));
    }

    private static Iterable<KeyspaceMetadata> userKeyspaces()
    {
        return Schema.instance.distributedKeyspaces().filter(keyspace -> Schema.instance.getUserKeyspaces().contains(keyspace.name));
    }

    private static TableMetadata.Builder table(String name)
    {
        return TableMetadata.builder(NAME, name)
                            .kind(TableMetadata.Kind.VIRTUAL)
                            .partitioner(new LocalPartitioner(UTF8Type.instance))
                            .addPartitionKeyColumn("keyspace_name", UTF8Type.instance);
    }

    private static final class KeyspacesTable extends AbstractVirtualTable
    {
        private final SlowSchema schema;

        private KeyspacesTable(SlowSchema schema)
        {
            super(table("keyspaces").addRegularColumn("status", UTF8Type.instance).build());
            this.schema = schema;
        }

        @Override
        public DataSet data()
        {
            SimpleDataSet rows = new SimpleDataSet(metadata());
            for (KeyspaceMetadata keyspace : userKeyspaces())
                rows.row(keyspace.name).column("status", "ACTIVE");
            schema.pending.forEach((name, status) -> {
                if (name.endsWith("."))
                    rows.row(name.substring(0, name.length() - 1)).column("status", status);
            });
            return rows;
        }
    }

    private static final class TablesTable extends AbstractVirtualTable
    {
        private final SlowSchema schema;

        private TablesTable(SlowSchema schema)
        {
            super(table("tables").addClusteringColumn("table_name", UTF8Type.instance)
                                 .addRegularColumn("default_time_to_live", Int32Type.instance)
                                 .addRegularColumn("status", UTF8Type.instance)
                                 .build());
            this.schema = schema;
        }

        @Override
        public DataSet data()
        {
            SimpleDataSet rows = new SimpleDataSet(metadata());
            for (KeyspaceMetadata keyspace : userKeyspaces())
                for (TableMetadata table : keyspace.tables)
                    rows.row(keyspace.name, table.name)
                        .column("default_time_to_live", table.params.defaultTimeToLive)
                        .column("status", "ACTIVE");
            schema.pending.forEach((name, status) -> {
                int dot = name.indexOf('.');
                if (dot < name.length() - 1)
                    rows.row(name.substring(0, dot), name.substring(dot + 1)).column("status", status);
            });
            return rows;
        }
    }
}
