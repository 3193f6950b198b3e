"""Knowledge about news pages in tables: a new agency, month or word is one more entry here.

Names are spelled as on pages; the caller decides about case and accents.
"""


def _names(table: str) -> tuple[str, ...]:
    """Return the names in a table, separated by bars and line breaks."""
    return tuple(name.strip() for line in table.split("\n") if line.strip() for name in line.split("|"))


def _words(table: str) -> frozenset[str]:
    """Return the words in a table, without lines with comments."""
    return frozenset(word for line in table.split("\n") if "#" not in line for word in line.split())


# --- Where and by whom a story was filed -----------------------------------------------------------------------------

AGENCIES = _names("""
    AP|Associated Press|The Associated Press|AFP|Agence France-Presse|Reuters|Thomson Reuters
    Thomson Reuters Foundation|UPI|United Press International|Bloomberg|Bloomberg News|Dow Jones|Dow Jones Newswires
    MarketWatch|CNBC|RTTNews|dpa|DPA|dpa-AFX|dpa/tmn|dpa/lno|dpa-infocom|epd|KNA|SID|sid|AFX|ots|APA|apa|sda|SDA
    Keystone-SDA|ATS|ats|awp|AWP|EFE|Efe|Agencia EFE|Europa Press|EUROPA PRESS|EP|Servimedia|Colpisa|Notimex|Télam
    Telam|NA|Prensa Latina|PL|Andina|ANDINA|ANSA|Ansa|Adnkronos|AdnKronos|askanews|Askanews|AGI|LaPresse|Italpress
    ITALPRESS|Dire|DIRE|Radiocor|TMNews|Lusa|LUSA|Agência Brasil|Folhapress|FOLHAPRESS|Estadão Conteúdo|ANP|Belga
    BELGA|belga|TT|NTB|Ritzau|STT|PAP|CTK|ČTK|TASR|MTI|Agerpres|AGERPRES|Mediafax|BTA|Hina|HINA|Tanjug|Beta|FENA|AMNA
    ANA|ΑΠΕ-ΜΠΕ|AA|Anadolu|DHA|İHA|IHA|ANKA|TASS|Tass|ITAR-TASS|Interfax|INTERFAX|INTERFAX.RU|Interfax-Ukraine
    RIA Novosti|RIA|Sputnik|Ukrinform|UNIAN|BelTA|Armenpress|ТАСС|РИА Новости|Интерфакс|ИНТЕРФАКС|Укринформ|Укрінформ
    УНИАН|УНІАН|БелТА|БЕЛТА|Reuters/AFP|AP/AFP|Xinhua|XINHUA|CNS|CGTN|Kyodo|KYODO|Kyodo News|Jiji|JIJI|Jiji Press|NHK
    Yonhap|YONHAP|Newsis|KCNA|CNA|Focus Taiwan|PTI|ANI|IANS|UNI|ANTARA|Antara|APP|Online|INP|BSS|UNB|Bernama|BERNAMA
    PNA|VNA|TTXVN|TNA|AAP|NZPA|RNZ|PA|PA Media|KOMPAS.com|Kompas.com|TEMPO.CO|Liputan6.com|CNN Indonesia
    CNBC Indonesia|Merdeka.com|detikcom|Suara.com|VIVA|Okezone|JPNN.com|SANA|Sana|MENA|WAFA|Wafa|Petra|PETRA|KUNA|QNA
    WAM|SPA|BNA|ONA|NNA|IRNA|ISNA|Fars|Tasnim|Mehr|MAP|TAP|APS|SAPA|NAN|GNA|رويترز|أ ف ب|ا ف ب|أ.ف.ب|د ب أ|د.ب.أ|أ ب
    وكالات|قنا|واس|وام|كونا|بترا|سانا|وفا|الأناضول|भाषा|वार्ता|एएनआई|CP|The Canadian Press|Canadian Press
    La Presse Canadienne|Presse Canadienne|QMI|CNN|CNN Business|CNN en Español|NBC|NBC News|ABC|ABC News|ABC4|CBS
    CBS News|CBS/AP|Fox News|FOX|FOX 2|FOX 5|FOX 13|NPR|PBS|BBC|BBC News|Sky News|KSL|KSL.com|MLive|NJ.com|USA TODAY
    USA TODAY NETWORK|The Washington Post|Washington Post|The New York Times|New York Times|NYT|Los Angeles Times|TNS
    MCT|Tribune News Service|Gray News|Stacker|StudyFinds|Nexstar|NEXSTAR|NewsNation|The Hill|States Newsroom
    KFF Health News|Inside Climate News|RNS|Religion News Service|OSV News|Catholic News Agency|JTA|AsiaNews|Fides|SNS
    EWTN News|Baptist Press|BP|Kaieteur News|epdÖ|TND|VOA|RFE/RL|RFA|Al Jazeera|Al Arabiya|Arab News|Staff
    Staff Report|Agencies|Field Level Media|Stats Perform|The Sports Xchange|Omnisport|PRNewswire|PR Newswire
    PRNewswire-PRWeb|PRNewswire-Asia|PRNewswire-FirstCall|PRNewswire-HISPANIC PR WIRE|PRWEB|PRWeb|PRLog|CNW|CNW Telbec
    CNW Group|BUSINESS WIRE|Business Wire|BUSINESSWIRE|GLOBE NEWSWIRE|GLOBENEWSWIRE|GlobeNewswire|GlobeNewswire Inc.
    Marketwired|MARKETWIRE|Marketwire|ACCESSWIRE|Accesswire|ACCESS Newswire|ACCESS NEWSWIRE|Newsfile Corp.|Newsfile
    NEWSFILE CORP.|EINPresswire.com|EIN Presswire|EINPresswire|ACN Newswire|JCN Newswire|Media OutReach
    Media OutReach Newswire|presstext|news aktuell|pressetext.de|EQS-News|EQS Newswire|DGAP|ActusNews|Cision
    TheNewswire|THE NEWSWIRE|NewMediaWire|NEWMEDIAWIRE|IBN|Baystreet|PRIMEZONE
""")
"""Agencies, wires and stations in the brackets of datelines; names in lower case match only as written here."""

BARE_AGENCIES = _names("""
    AP|Associated Press|The Associated Press|AFP|Agence France-Presse|Reuters|UPI|CNN|CNN Business|Bloomberg|Dow Jones
    dpa|EFE|ANSA|AGI|Adnkronos|askanews|Lusa|Xinhua|Kyodo|Kyodo News|Yonhap|PTI|ANI|IANS|VOA|RFE/RL|Kaieteur News
    TASS|ТАСС|Interfax|INTERFAX.RU|РИА Новости|Интерфакс|ИНТЕРФАКС|Укринформ|Укрінформ|KOMPAS.com|Kompas.com|TEMPO.CO
    Liputan6.com|CNN Indonesia|CNBC Indonesia|Merdeka.com|Suara.com|PRNewswire|BUSINESS WIRE|GLOBE NEWSWIRE
""")
"""Agencies that may also begin a paragraph without brackets ("CNN — "), exactly as written here."""

CITIES = _names("""
    Atlanta|Baltimore|Boston|Chicago|Cincinnati|Cleveland|Dallas|Denver|Detroit|Honolulu|Houston|Indianapolis
    Las Vegas|Los Angeles|Miami|Milwaukee|Minneapolis|New Orleans|New York|New York City|Oklahoma City|Philadelphia
    Phoenix|Pittsburgh|St. Louis|Saint Louis|Salt Lake City|San Antonio|San Diego|San Francisco|Seattle|Washington
    Washington D.C.|Sacramento|San Jose|Oakland|Nashville|Memphis|Louisville|Kansas City|Omaha|Tulsa|Tucson
    Albuquerque|Anchorage|Juneau|Boise|Spokane|Buffalo|Rochester|Syracuse|Albany|Hartford|Providence|Newark|Trenton
    Harrisburg|Annapolis|Richmond|Norfolk|Raleigh|Tampa|Jacksonville|Tallahassee|Fort Lauderdale|Birmingham
    Baton Rouge|Little Rock|Fort Worth|El Paso|Santa Fe|Colorado Springs|Des Moines|St. Paul|Saint Paul
    Minneapolis-St. Paul|Green Bay|Grand Rapids|Ann Arbor|Toledo|Akron|Dayton|Wilkes-Barre|Winston-Salem|Bismarck
    Sioux Falls|Cheyenne|Topeka|Wichita|Carson City|Reno|Long Beach|Palm Beach|West Palm Beach|Palo Alto|Santa Monica
    Capitol Hill|White House|Wall Street|Silicon Valley|Hollywood|Camp David|Toronto|Montreal|Ottawa|Vancouver|Calgary
    Edmonton|Winnipeg|Quebec|Quebec City|Halifax|Saskatoon|Gatineau|Laval|Whitehorse|Iqaluit|London|Edinburgh|Glasgow
    Cardiff|Belfast|Manchester|Liverpool|Leeds|Dublin|Westminster|Paris|Marseille|Lyon|Toulouse|Bordeaux|Lille
    Strasbourg|Straßburg|Strassburg|Grenoble|Rennes|Nantes|Montpellier|Cannes|Brussels|Bruxelles|Brüssel|Brussel
    Bruselas|Antwerp|Anvers|Antwerpen|Bruges|Liège|Luxembourg|Luxemburg|Amsterdam|The Hague|La Haye|Den Haag|Rotterdam
    Utrecht|Eindhoven|Berlin|Hamburg|Hambourg|Munich|München|Muenchen|Múnich|Monaco di Baviera|Köln|Cologne|Frankfurt
    Frankfurt am Main|Frankfurt/Main|Frankfurt a.M.|Francfort|Düsseldorf|Stuttgart|Dortmund|Leipzig|Dresden|Hannover
    Hanover|Nürnberg|Nuremberg|Bonn|Mainz|Wiesbaden|Karlsruhe|Potsdam|Magdeburg|Erfurt|Schwerin|Kiel|Rostock
    Saarbrücken|Bremen|Mannheim|Wolfsburg|Heidelberg|Freiburg|Vienna|Wien|Vienne|Viena|Graz|Linz|Salzburg|Innsbruck
    Bern|Berne|Berna|Zurich|Zürich|Zurigo|Geneva|Genève|Genf|Ginebra|Ginevra|Basel|Lausanne|Lugano|Davos|Vaduz|Rome
    Roma|Rom|Milan|Milano|Mailand|Naples|Napoli|Turin|Torino|Venice|Venezia|Venedig|Bologna|Genoa|Genova|Palermo|Bari
    Catania|Firenze|Trieste|Verona|Cagliari|Vatican City|Città del Vaticano|Ciudad del Vaticano|Vatikanstadt
    Cité du Vatican|San Marino|Madrid|Barcelona|Valencia|Sevilla|Seville|Bilbao|Zaragoza|Málaga|Palma|Las Palmas
    Santiago de Compostela|Pamplona|Valladolid|Lisbon|Lisboa|Lissabon|Lisbonne|Porto|Coimbra|Braga|Athens|Athen
    Athènes|Atenas|Atene|Αθήνα|Thessaloniki|Θεσσαλονίκη|Nicosia|Valletta|Copenhagen|København|Kopenhagen|Copenhague
    Stockholm|Göteborg|Gothenburg|Malmö|Oslo|Bergen|Helsinki|Tampere|Reykjavik|Tallinn|Riga|Vilnius|Kaunas|Warsaw
    Warszawa|Warschau|Varsovie|Varsovia|Kraków|Krakow|Gdansk|Gdańsk|Poznań|Wrocław|Prague|Praha|Prag|Praga|Brno
    Bratislava|Budapest|Bucharest|București|Bucuresti|Bukarest|Bucarest|Cluj|Timisoara|Sofia|София|Belgrade|Beograd
    Belgrad|Zagreb|Ljubljana|Sarajevo|Skopje|Tirana|Pristina|Podgorica|Chisinau|Chișinău|Kyiv|Kiev|Kiew|Київ|Киев
    Kharkiv|Харків|Lviv|Львів|Odesa|Odessa|Одеса|Одесса|Dnipro|Zaporizhzhia|Kherson|Mariupol|Minsk|Минск|Moscow|Moskau
    Moscou|Moscú|Mosca|Moscovo|Москва|St. Petersburg|Saint Petersburg|Санкт-Петербург|Vladivostok|Владивосток
    Novosibirsk|Новосибирск|Екатеринбург|Казань|Сочи|Kazan|Sochi|Istanbul|İstanbul|Ankara|Izmir|İzmir|Antalya
    Diyarbakir|Diyarbakır|Gaziantep|Tbilisi|Yerevan|Baku|Tehran|Teheran|Téhéran|Teerã|Baghdad|Bagdad|Basra|Erbil|Irbil
    Mosul|Damascus|Damas|Damaskus|Damasco|Aleppo|Beirut|Beyrouth|Amman|Jerusalem|Jérusalem|Jerusalén|Gerusalemme
    Tel Aviv|Haifa|Gaza|Gaza City|Gaza Strip|Khan Younis|Rafah|Ramallah|Bethlehem|Nablus|Jenin|West Bank|Riyadh|Riad
    Jeddah|Mecca|Sanaa|Aden|Abu Dhabi|Dubai|Dubaï|Sharjah|Doha|Manama|Kuwait City|Muscat|Cairo|Le Caire|Kairo|El Cairo
    Il Cairo|Alexandria|Khartoum|Port Sudan|Tripoli|Benghazi|Tunis|Algiers|Alger|Argel|Rabat|Casablanca|Marrakech
    Marrakesh|Nouakchott|Dakar|Bamako|Niamey|Ouagadougou|Conakry|Freetown|Monrovia|Abidjan|Accra|Lome|Lomé|Cotonou
    Lagos|Abuja|Kano|Maiduguri|Yaounde|Yaoundé|Douala|Libreville|Brazzaville|Kinshasa|Goma|Bangui|N'Djamena|Luanda
    Lusaka|Harare|Maputo|Lilongwe|Blantyre|Antananarivo|Port Louis|Johannesburg|Pretoria|Cape Town|Durban|Windhoek
    Gaborone|Maseru|Nairobi|Mombasa|Kampala|Kigali|Bujumbura|Dodoma|Dar es Salaam|Mogadishu|Hargeisa|Addis Ababa
    Asmara|Juba|Djibouti|Kabul|Kandahar|Islamabad|Karachi|Lahore|Peshawar|Quetta|Rawalpindi|Multan|Faisalabad
    New Delhi|Delhi|नई दिल्ली|दिल्ली|मुंबई|लखनऊ|Mumbai|Kolkata|Calcutta|Chennai|Bengaluru|Bangalore|Hyderabad
    Ahmedabad|Pune|Jaipur|Lucknow|Kanpur|Nagpur|Indore|Bhopal|Patna|Ranchi|Guwahati|Imphal|Srinagar|Jammu|Shimla
    Chandigarh|Amritsar|Ludhiana|Dehradun|Noida|Gurugram|Gurgaon|Panaji|Panjim|Kochi|Thiruvananthapuram|Mysuru
    Mangaluru|Coimbatore|Madurai|Visakhapatnam|Vijayawada|Bhubaneswar|Raipur|Surat|Vadodara|Varanasi|Prayagraj
    Agartala|Shillong|Kozhikode|Dhaka|Chittagong|Colombo|Kathmandu|Thimphu|Yangon|Naypyitaw|Mandalay|Bangkok
    Chiang Mai|Phnom Penh|Vientiane|Hanoi|Hà Nội|Da Nang|Ho Chi Minh City|Kuala Lumpur|Putrajaya|George Town
    Johor Bahru|Kota Kinabalu|Kuching|Jakarta|Surabaya|Bandung|Denpasar|Medan|Makassar|Yogyakarta|Manila|Quezon City
    Cebu|Cebu City|Davao City|Dili|Bandar Seri Begawan|Beijing|Peking|Pékin|Pekín|Pechino|Pequim|Shanghai|Guangzhou
    Shenzhen|Chongqing|Chengdu|Wuhan|Tianjin|Nanjing|Hangzhou|Xi'an|Urumqi|Lhasa|Kunming|Hong Kong|Hongkong|Macau
    Macao|Taipei|Taipeh|Kaohsiung|Ulaanbaatar|Ulan Bator|Tokyo|Tokio|Tóquio|Osaka|Kyoto|Nagoya|Sapporo|Fukuoka
    Hiroshima|Nagasaki|Yokohama|Naha|Seoul|Séoul|Seúl|Busan|Incheon|Daegu|Sejong|Pyongyang|Panmunjom|Astana|Almaty
    Bishkek|Tashkent|Dushanbe|Ashgabat|Samarkand|Sydney|Melbourne|Brisbane|Perth|Adelaide|Canberra|Hobart|Darwin
    Gold Coast|Wellington|Auckland|Christchurch|Suva|Port Moresby|Honiara|Apia|Nuku'alofa|Mexico City|Ciudad de México
    Ciudad de Mexico|Mexiko-Stadt|Guadalajara|Monterrey|Tijuana|Ciudad Juárez|Ciudad Juarez|Cancun|Cancún|Acapulco
    Guatemala City|Ciudad de Guatemala|San Salvador|Tegucigalpa|Managua|San José|Panama City|Ciudad de Panamá|Havana
    La Habana|Havanna|Santo Domingo|Port-au-Prince|Kingston|Nassau|Port of Spain|Bridgetown|San Juan|Bogota|Bogotá
    Medellín|Medellin|Cali|Cartagena|Cúcuta|Caracas|Maracaibo|Georgetown|Paramaribo|Quito|Guayaquil|Lima|Cusco|La Paz
    Sucre|Cochabamba|Santa Cruz|Santiago|Santiago de Chile|Valparaíso|Valparaiso|Buenos Aires|Córdoba|Rosario|Mendoza
    Montevideo|Asunción|Asuncion|Brasilia|Brasília|Sao Paulo|São Paulo|Rio de Janeiro|Belo Horizonte|Porto Alegre
    Curitiba|Recife|Manaus|Fortaleza|Belém|United Nations|Nações Unidas|Naciones Unidas|Guantanamo Bay|Gibraltar
    Lindi|Mtwara|Morogoro|Arusha|Mwanza|Tanga|Mbeya|Iringa|Zanzibar|Moshi|Tabora|Kigoma|Kisumu|Nakuru|Eldoret|Garissa
    Entebbe|Gulu|Jinja|Mbarara|Kumasi|Tamale|Takoradi|Ibadan|Enugu|Kaduna|Calabar|Benin City|Port Harcourt
    Warri|Akure|Abeokuta|Ilorin|Sokoto|Bulawayo|Mutare|Ndola|Kitwe|Livingstone|Walvis Bay|Bloemfontein|Polokwane
    Gqeberha|East London|Pietermaritzburg|Hyderabad|Sialkot|Gujranwala|Sukkur|Gwadar|Muzaffarabad|Abbottabad
    Larkana|Bahawalpur|Sargodha|Mirpur|Pokhara|Biratnagar|Sylhet|Khulna|Rajshahi|Barisal|Rangpur|Kandy|Jaffna
    Mysore|Mangalore|Hubli|Warangal|Tirupati|Tiruchi|Tiruchirappalli|Puducherry|Udaipur|Jodhpur|Gwalior|Jabalpur
    Nashik|Aurangabad|Kohima|Aizawl|Itanagar|Gangtok|Meerut|Agra|Gorakhpur|Ayodhya|Dhanbad|Jamshedpur|Siliguri
    Ipoh|Malacca|Melaka|Seremban|Iloilo|Bacolod|Baguio|Zamboanga
    Port Stanley|Papeete|Noumea|Nouméa|القاهرة|دبي|الرياض|بغداد|بيروت|دمشق|عمان|القدس|غزة|رام الله|الدوحة|أبوظبي
    واشنطن|باريس|لندن|موسكو|طهران|أنقرة|طرابلس|تونس|الجزائر|الرباط
""")
"""Cities that need no region in a dateline, without those that are also common words or first names."""

REGIONS = _names("""
    Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois
    Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri
    Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|North Carolina|North Dakota|Ohio|Oklahoma|Oregon
    Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|West Virginia
    Wisconsin|Wyoming|District of Columbia|Puerto Rico|Guam|American Samoa|Ala.|Ariz.|Ark.|Calif.|Colo.|Conn.|Del.
    Fla.|Ga.|Ill.|Ind.|Kan.|Kans.|Ky.|La.|Md.|Mass.|Mich.|Minn.|Miss.|Mo.|Mont.|Neb.|Nebr.|Nev.|N.H.|N.J.|N.M.|N.Y.
    N.C.|N.D.|Okla.|Ore.|Pa.|Penn.|R.I.|S.C.|S.D.|Tenn.|Tex.|Vt.|Va.|Wash.|W.Va.|W. Va.|Wis.|Wisc.|Wyo.|D.C.|P.R.|AL
    AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI
    SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR|AB|BC|MB|NB|NL|NS|NT|NU|ON|PE|QC|SK|YT|UK|US|USA|U.S.|U.S.A.|UAE|U.A.E.
    U.K.|NSW|ACT|QLD|TAS|VIC|Ontario|Ont.|Quebec|Québec|Que.|British Columbia|B.C.|Alberta|Alta.|Manitoba|Man.
    Saskatchewan|Sask.|Nova Scotia|N.S.|New Brunswick|N.B.|Newfoundland|N.L.|Prince Edward Island|P.E.I.|Yukon|Nunavut
    Northwest Territories|N.W.T.|England|Scotland|Wales|Northern Ireland|New South Wales|Queensland|Tasmania|Catalonia
    Bavaria|Bayern|Hessen|Sachsen|Sicily|Sardinia|Crimea|Donetsk region|Kashmir|Punjab|Haryana|Kerala|Tamil Nadu
    Karnataka|Gujarat|Maharashtra|Uttar Pradesh|Bihar|Assam|Odisha|Rajasthan|Telangana|Goa|Sindh|Balochistan
    Gaza Strip|West Bank|Central Java|West Java|East Java|Bali|Xinjiang|Tibet|Hong Kong|Kurdistan|Darfur|Tigray
    Corsica|Normandy|Afghanistan|Albania|Algeria|Andorra|Angola|Antigua and Barbuda|Argentina|Armenia|Australia
    Austria|Azerbaijan|Bahamas|The Bahamas|Bahrain|Bangladesh|Barbados|Belarus|Belgium|Belize|Benin|Bermuda|Bhutan
    Bolivia|Bosnia|Bosnia-Herzegovina|Bosnia and Herzegovina|Botswana|Brazil|Brunei|Bulgaria|Burkina Faso|Burundi
    Cambodia|Cameroon|Canada|Cape Verde|Central African Republic|Chad|Chile|China|Colombia|Comoros|Congo|Costa Rica
    Croatia|Cuba|Cyprus|Czech Republic|Czechia|Denmark|Djibouti|Dominica|Dominican Republic|East Timor|Timor-Leste
    Ecuador|Egypt|El Salvador|Equatorial Guinea|Eritrea|Estonia|Eswatini|Ethiopia|Fiji|Finland|France|Gabon|Gambia
    Germany|Ghana|Greece|Greenland|Grenada|Guatemala|Guinea|Guinea-Bissau|Guyana|Haiti|Honduras|Hungary|Iceland|India
    Indonesia|Iran|Iraq|Ireland|Israel|Italy|Ivory Coast|Côte d'Ivoire|Jamaica|Japan|Jordan|Kazakhstan|Kenya|Kosovo
    Kuwait|Kyrgyzstan|Laos|Latvia|Lebanon|Lesotho|Liberia|Libya|Liechtenstein|Lithuania|Luxembourg|Madagascar|Malawi
    Malaysia|Maldives|Mali|Malta|Marshall Islands|Mauritania|Mauritius|Mexico|Micronesia|Moldova|Monaco|Mongolia
    Montenegro|Morocco|Mozambique|Myanmar|Burma|Namibia|Nauru|Nepal|Netherlands|The Netherlands|New Zealand|Nicaragua
    Niger|Nigeria|North Korea|North Macedonia|Norway|Oman|Pakistan|Palau|Palestine|Panama|Papua New Guinea|Paraguay
    Peru|Philippines|Poland|Portugal|Qatar|Romania|Russia|Rwanda|Samoa|Saudi Arabia|Senegal|Serbia|Seychelles
    Sierra Leone|Singapore|Slovakia|Slovenia|Solomon Islands|Somalia|South Africa|South Korea|South Sudan|Korea|Spain
    Sri Lanka|St. Lucia|Sudan|Suriname|Sweden|Switzerland|Syria|Taiwan|Tajikistan|Tanzania|Thailand|Togo|Tonga
    Trinidad and Tobago|Tunisia|Turkey|Türkiye|Turkmenistan|Tuvalu|Uganda|Ukraine|United Arab Emirates|United Kingdom
    Great Britain|United States|Uruguay|Uzbekistan|Vanuatu|Venezuela|Vietnam|Yemen|Zambia|Zimbabwe|S. Korea|N. Korea
    S. Africa|Deutschland|Österreich|Schweiz|Frankreich|Italien|Spanien|Großbritannien|Polen|Russland|Türkei
    Griechenland|Niederlande|Belgien|Dänemark|Schweden|Norwegen|Finnland|Ungarn|Rumänien|Tschechien|Brasilien
    Allemagne|Autriche|Suisse|Italie|Espagne|Royaume-Uni|États-Unis|Pologne|Russie|Turquie|Grèce|Pays-Bas|Belgique
    Chine|Japon|Brésil|Mexique|Maroc|Algérie|Tunisie|Sénégal|Liban|Égypte|Syrie|Israël|Inde|Corée du Sud|Alemania
    Francia|Suiza|Italia|España|Reino Unido|Estados Unidos|EE.UU.|Polonia|Rusia|Ucrania|Turquía|Grecia|Países Bajos
    Bélgica|Japón|Brasil|México|Perú|Marruecos|Egipto|Siria|Corea del Sur|Germania|Svizzera|Spagna|Regno Unito
    Stati Uniti|Ucraina|Turchia|Giappone|Cina|Alemanha|França|Suíça|Espanha|Itália|EUA|Rússia|Ucrânia|Japão|Marrocos
    Moçambique|Россия|Украина|Україна|Беларусь
""")
"""Countries, states and provinces: after a comma they make a name a place; alone they must be in capitals."""

PLACE_LINKS = _words("""
    and de da do dos das del della di du des la le les los las el al of the in on upon am an der den zu bei ob a à sur
    sous en y e et und van von aan near off op i na и
""")
"""Lower-case words within place names."""

PLACE_MARKS = _words("""
    north south east west northern southern eastern western upper lower central new old fort ft port san santa santo
    sao saint st ste mount mt lake lac point cape grand great el la las los le les bad city town village county island
    islands beach springs falls valley hills hill heights park river bay creek harbor harbour rapids grove haven
    junction ridge mountain field fields bridge strip border province kota ciudad villa puerto nova nueva nuevo rio
    kuala tanjung aboard sur mer am
""")
"""Words that mark a name of several words in capitals as a place."""

PLACE_ENDINGS = (
    "town", "ville", "burg", "burgh", "berg", "borough", "bury", "ford", "field", "port", "mouth", "haven", "stadt",
    "grad", "pur", "abad", "stan", "land", "shire", "polis", "wood", "dale", "ton",
)  # fmt: skip
"""Endings of words with the same effect."""

GIVEN_NAMES = _words("""
    sofia paris sydney santiago adelaide victoria vienna florence charlotte austin madison jackson dallas denver houston
    phoenix darwin milan georgia kingston chelsea brooklyn savannah carolina alexandria lima jordan israel chad malta
    kenya india asia dakota florencia valencia roma rom cali davos lyon reno nice dora
""")
"""Places that are also given names: before a colon they may be the speakers of an interview."""

TOPIC_ENDINGS = (
    "tion", "sion", "cion", "zione", "cao", "ism", "ismus", "isme", "ismo", "ment", "schaft", "keit", "heit", "schutz",
    "logy", "logie", "nomics", "itics", "ierung", "igung", "graphy", "ership", "ware",
)  # fmt: skip
"""Endings, without accents, of single words that are topics and not towns."""

NOT_PLACES = _words("""
    # words of labels and run-in headings
    the a an breaking news update updated updates live watch video videos photo photos picture pictures gallery listen
    audio podcast exclusive opinion analysis comment commentary editorial column review reviews preview recap feature
    features interview interviews obituary obituaries explainer explained factbox timeline graphic map maps chart
    charts corrected correction clarification note notes editor editors alert urgent flash bulletin advisory
    developing watchlist poll quiz guide blog newsletter sponsored advertisement ad advertorial promoted special
    report reports story stories headline headlines summary highlights takeaways takeaway key points point facts fact
    check background context details detail result results score scores stats statistics standings schedule odds pick
    picks lineup lineups injuries injury roster draft trade trades transfer transfers rumor rumors rumour rumours
    spoiler spoilers warning caution disclaimer disclosure source sources credit published posted date time read more
    full text transcript letter letters question questions answer answers answered yes no bottom line big quick take
    week day days today tonight tomorrow yesterday morning evening weekend month year years top best worst first last
    next latest now just data dataset study survey quote quotes tip tips recipe recipes ingredients method rating
    verdict pros cons price prices deal deals sale cost total overview introduction intro conclusion abstract part
    chapter section page step round game match final semifinal set inning quarter half overtime winner winners loser
    losers sports sport business politics technology tech science health entertainment lifestyle travel weather
    culture world money finance markets market stocks stock crypto bitcoin oil gold inflation election elections vote
    voters congress senate republicans democrats republican democrat president governor senator representative
    minister police court judge prosecutor army navy military government company mr mrs ms dr prof sen rep gov gen col
    lt sgt capt sir lord king queen prince princess pope about how what why who when where which whose is are was were
    be been do does did has have had can could will would should may must i you he she it we they my your his her its
    our their me him them us this that these those there here if but or so as not for from with without by at to into
    over under after before between against because while jetzt neu eilmeldung aktualisiert kommentar meinung exklusiv
    analyse bericht liveticker ticker anzeige exclusif direct vidéo reportage entretien tribune enquête éditorial
    portrait récit infographie última hora exclusiva opinión análisis crónica entrevista vídeo directo ultimo
    aggiornamento esclusiva diretta intervista
    # topics
    climate economy education housing immigration crime football soccer tennis golf cricket rugby security energy
    environment justice religion food music film films movies books theatre theater television cinema art arts opinion
    media internet family work jobs labour labor transport traffic wildlife animals nature space war peace drugs
    migrants refugees asylum schools school universities students teachers nurses doctors hospitals vaccines budget
    taxes tax wages pensions banks banking trading retail agriculture farming fishing mining aviation shipping klima
    wirtschaft fussball fußball wetter verkehr politik kultur kino umwelt arbeit schule corona medien musik theater
    bücher gesellschaft gesundheit forschung wissen technik reise sicherheit energie migration bildung économie climat
    santé société cinéma école politique culture sciences musique environnement économiques economía cultura deportes
    salud fútbol sociedad política ciencia cine música calcio cronaca scuola sanità economia politica ambiente lavoro
    cinema musica esportes saúde educação cidades polícia sommaire résumé inhalt sumario moderator moderatorin host
    reporter redaktion frage antwort pregunta respuesta domanda risposta hinweis achtung wichtig fazit hintergrund
    tipp info infos service termin termine ort quelle foto text autor nota aviso importante attenzione remarque encadré
    # days and months
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun january february march april
    june july august september october november december jan feb apr jun jul aug sept sep oct nov dec montag dienstag
    mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes
    miércoles jueves viernes sábado domingo
    # organisations, brands and abbreviations that look like a name
    nato nasa fifa uefa opec unesco unicef naacp aipac osha fema noaa epa ocha unhcr unrwa iaea ioc ipcc asean brics
    mercosur ecowas aclu afl-cio aarp espn nfl nba mlb nhl wnba nascar ncaa ufc wwe pga lpga usga mls fbi cia doj dhs
    nypd lapd atf dea irs nsa fda cdc usda sec ftc fcc faa ntsb gop dnc rnc maga scotus potus flotus covid aids ebola
    isis isil hamas hezbollah taliban daca nafta usmca brexit lgbtq lgbtqia nyse nasdaq ceos ceo cfo gdp ipo etf imf
    ecb wto wfp icc icj trump biden harris obama putin zelenskyy zelensky netanyahu macron tesla apple google amazon
    meta microsoft openai boeing walmart disney netflix intel nvidia samsung toyota
""")
"""Words that are never a place in a dateline, in any case."""

EASTERN_AGENCIES = _names("""
    新华社|新華社|中新社|中新网|中新網|中央社|人民网|央视网|路透社|法新社|美联社|美聯社|德新社|塔斯社|共同社|韩联社
    韓聯社|彭博社|参考消息|海外网|共同|時事|ロイター|聯合ニュース|朝鮮中央通信
""")

EASTERN_PLACES = _names("""
    北京|上海|天津|重庆|重慶|广州|廣州|深圳|香港|澳门|澳門|台北|臺北|高雄|台中|臺中|台南|新北|桃園|新竹|南京|杭州|武汉
    成都|西安|沈阳|长春|哈尔滨|济南|郑州|长沙|福州|厦门|合肥|南昌|昆明|贵阳|南宁|海口|兰州|西宁|银川|乌鲁木齐|拉萨
    太原|石家庄|呼和浩特|东京|東京|大阪|首尔|首爾|平壤|莫斯科|华盛顿|華盛頓|纽约|紐約|洛杉矶|洛杉磯|旧金山|舊金山
    联合国|聯合國|伦敦|倫敦|巴黎|柏林|布鲁塞尔|布魯塞爾|日内瓦|日內瓦|维也纳|罗马|馬德里|马德里|雅典|安卡拉|开罗
    耶路撒冷|德黑兰|巴格达|大马士革|迪拜|新德里|曼谷|河内|河內|新加坡|吉隆坡|雅加达|雅加達|马尼拉|馬尼拉|悉尼|堪培拉
    惠灵顿|墨西哥城|里约热内卢|布宜诺斯艾利斯|内罗毕|约翰内斯堡|基辅|基輔
""")

# --- Dates ------------------------------------------------------------------------------------------------------------

MONTHS = (
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari янв января январь січня січ "
    "stycznia styczeń sty ocak oca ledna leden tammikuuta ianuarie ian január ιανουαρίου ιαν يناير "
    "جانفي كانون_الثاني มกราคม มค जनवरी בינואר ינואר",
    "february feb febr februar feber février févr fév febrero febbraio fevereiro fev februari фев февр февраля "
    "февраль лютого лют lutego luty lut şubat şub února únor helmikuuta februarie február φεβρουαρίου φεβ فبراير "
    "فيفري شباط กุมภาพันธ์ กพ फरवरी फ़रवरी בפברואר פברואר",
    "march mar märz mär maerz mrz mars marzo março maart mrt mart мар марта март березня бер marca marzec března "
    "březen maaliskuuta martie március maret marts μαρτίου μαρ مارس "
    "آذار اذار มีนาคม มีค मार्च במרץ מרץ",
    "april apr avril avr abril abr aprile апр апреля апрель квітня квіт kwietnia kwiecień kwi nisan nis dubna duben "
    "huhtikuuta aprilie április ápr απριλίου απρ أبريل "
    "ابريل إبريل أفريل نيسان เมษายน เมย अप्रैल באפריל אפריל",
    "may mai mayo maggio mag maio mei maj мая май травня трав maja mayıs května květen toukokuuta május máj μαΐου "
    "μάιος مايو "
    "ماي أيار ايار พฤษภาคม พค मई במאי מאי",
    "june jun juni juin junio giugno giu junho июн июня июнь червня черв czerwca czerwiec cze haziran haz června "
    "červen kesäkuuta iunie iun június jún ιουνίου ιουν يونيو "
    "جوان حزيران มิถุนายน มิย जून ביוני יוני",
    "july jul juli juillet juil julio luglio lug julho июл июля июль липня лип lipca lipiec lip temmuz tem července "
    "červenec heinäkuuta iulie iul július júl ιουλίου ιουλ يوليو "
    "جويلية تموز กรกฎาคม กค जुलाई ביולי יולי",
    "august aug août aout agosto ago augustus augusti авг августа август серпня серп sierpnia sierpień sie ağustos "
    "ağu srpna srpen elokuuta augusztus agustus agt αυγούστου αυγ أغسطس "
    "اغسطس أوت آب สิงหาคม สค अगस्त באוגוסט אוגוסט",
    "september sep sept septembre septiembre setiembre settembre set setembro сен сент сентября сентябрь вересня "
    "вер września wrzesień wrz eylül eyl září syyskuuta septembrie szeptember szept σεπτεμβρίου σεπ سبتمبر "
    "أيلول ايلول กันยายน กย सितंबर सितम्बर בספטמבר ספטמבר",
    "october oct oktober okt octobre octubre ottobre ott outubro out окт октября октябрь жовтня жовт października "
    "październik paź ekim eki října říjen lokakuuta octombrie október οκτωβρίου οκτ أكتوبر "
    "اكتوبر تشرين_الأول ตุลาคม ตค अक्टूबर अक्तूबर באוקטובר אוקטובר",
    "november nov novembre noviembre novembro ноя нояб ноября ноябрь листопада лист listopada listopad kasım kas "
    "marraskuuta noiembrie nopember νοεμβρίου νοε نوفمبر "
    "تشرين_الثاني พฤศจิกายน พย नवंबर नवम्बर בנובמבר נובמבר",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember des дек декабря декабрь грудня "
    "груд grudnia grudzień gru aralık ara prosince prosinec joulukuuta decembrie δεκεμβρίου δεκ ديسمبر "
    "كانون_الأول ธันวาคม ธค दिसंबर दिसम्बर בדצמבר דצמבר",
)
"""The names and short forms of each month, without full stop."""

PERSIAN_MONTHS = (
    "فروردین حمل", "اردیبهشت ثور", "خرداد جوزا", "تیر سرطان", "مرداد امرداد اسد", "شهریور سنبله", "مهر میزان",
    "آبان عقرب", "آذر قوس", "دی جدی", "بهمن دلو", "اسفند حوت",
)  # fmt: skip
"""The months of the Solar Hijri calendar, in Persian and Dari."""

ERAS = {"民國": 1911, "民国": 1911, "令和": 2018, "平成": 1988, "昭和": 1925}
"""The offsets of the years of eras: of the Republic of China, and of Japanese emperors."""

PUBLISHED = tuple(
    """
published|publish date|posted|first published|originally published|created|publication date
veröffentlicht|erschienen|erstellt|publiziert|publikationsdatum|publié|publie|mis en ligne|parution|publicado|publicada
publicación|pubblicato|pubblicata|pubblicazione|gepubliceerd|geplaatst|publicerad|publicerat|publisert|udgivet|offentliggjort
julkaistu|opublikowano|utworzono|data publikacji|publikováno|vydáno|közzétéve|megjelent|publicat|δημοσίευση|δημοσιεύθηκε
опубликовано|дата публикации|создано|опубліковано|yayınlanma|yayın tarihi|diterbitkan|dipublikasikan|đăng ngày|ngày đăng
发布|發布|發佈|发表|發表|刊登|公開日|掲載|投稿日|配信|初出|입력|등록|게재|작성
نشر|تاريخ النشر|انتشار|منتشر|פורסם|प्रकाशित|เผยแพร่
""".strip()
    .replace("\n", "|")
    .split("|")
)
"""Words before a date of publication, in lower case."""

UPDATED = tuple(
    """
updated|update|last modified|modified|last edited|edited|revised|last reviewed|medically reviewed|reviewed|last changed
changed|refreshed|last published|aktualisiert|aktualisierung|geändert|letzte änderung|bearbeitet|überarbeitet|mis à jour
mise à jour|màj|modifié|modifie|actualisé|actualizado|actualizada|actualización|modificado|aggiornato|aggiornata
aggiornamento|ultima modifica|modificato|atualizado|atualizada|atualização|bijgewerkt|gewijzigd|laatste update
uppdaterad|uppdaterat|opdateret|ændret|oppdatert|endret|päivitetty|muokattu|zaktualizowano|aktualizacja|zmodyfikowano|aktualizováno
aktualizace|upraveno|frissítve|módosítva|actualizat|modificat|ενημέρωση|ενημερώθηκε|обновлено|изменено|дата обновления
оновлено|змінено|güncelleme|güncellenme|güncellendi|diperbarui|cập nhật|更新|修改|修正|改訂|업데이트|수정
تحديث|آخر تعديل|به روز
به‌روز|بروزرسانی|עודכן|עדכון|अपडेट|अद्यतन|อัปเดต|อัพเดต|แก้ไข
""".strip()
    .replace("\n", "|")
    .split("|")
)
"""Words before, or right after, the date of a change, in lower case."""

DATE_WORDS = frozenset((*PUBLISHED, *UPDATED, *"date on at datum data fecha the from since le".split()))
"""Words before a date that are not the name of a product."""

ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120,
    "EET": 120, "SAST": 120, "EEST": 180, "MSK": 180, "МСК": 180, "TRT": 180, "PKT": 300, "IST": 330, "WIB": 420,
    "HKT": 480, "SGT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "AST": -240, "EDT": -240, "EST": -300, "CDT": -300, "CST": -360, "MDT": -360, "MST": -420, "PDT": -420,
    "PST": -480, "AKDT": -480, "AKST": -540, "HST": -600,
}  # fmt: skip
"""Offsets of time zones, in minutes east of Greenwich. "ET", "PT" and the like are not fixed and so absent."""

# --- What asks the reader for something ------------------------------------------------------------------------------

PROMOS = tuple(
    """
advertisement|sign up|subscribe|newsletter|get the latest|follow us|share this|share on|join our|click here to
download our app|support us|donate|become a member|create an account|already a subscriber|read more|watch:|listen:
anzeige|werbung|newsletter abonnieren|jetzt abonnieren|jetzt anmelden|jetzt registrieren|hier anmelden|folgen sie uns
abonnez-vous|inscrivez-vous|publicité|suivez-nous|je m'abonne|la suite après|partager
suscríbete|suscríbase|publicidad|síguenos|regístrate|comparte|iscriviti|pubblicità|seguici|abbonati|condividi
assine|inscreva-se|publicidade|siga-nos|compartilhe|abonneer|advertentie|volg ons|meld je aan|annons|prenumerera|annonse
reklama|zapisz się|subskrybuj|реклама|подпишитесь|подписывайтесь
""".strip()
    .replace("\n", "|")
    .split("|")
)
"""The beginnings, in lower case, of lines that ask for a click, a name or money."""

APPEALS = tuple(
    r"""
please consider (?:making a |a )?(?:donat|support|subscrib|becom|gift)
(?:^|[.!?] )support (?:us|our \w+|independent journalism) (?:from|with|by|today)\b
your (?:gift|donation|contribution)s? (?:of any size )?(?:keeps?|helps?|makes?|allows?|enables?) (?:us|our)
sign up (?:for|to) (?:our|the|this) [^.]{0,60}newsletters?
\bdelivered (?:straight|directly) to your inbox
^download (?:our|the) [^.:]{0,30}\bapp\b
^follow us on\b
^subscribe (?:now|today|to (?:our|the)\b)
^would you like to receive (?:\w+ )?notifications
\byou(?: are|'re|’re) using an ad.?blocker
^(?:we|this (?:site|website)) uses? cookies
^(?:wir|diese (?:seite|website)) verwende[nt] cookies
^(?:nous|ce site) utilis\w+ des cookies
^utilizamos cookies
^jetzt (?:testen|abonnieren)\b
^abonnez-vous\b
^suscríbe(?:te|se)\b
^abbonati\b
(?:^|[.!?] |bitte |dann )unterstützen sie (?:uns|unsere|unabhängigen)
unterstützen sie [^.]{0,40}(?:spende|abo\b|mitglied)
(?:melden sie sich|abonnieren sie) [^.]{0,60}newsletter
soutenez (?:-?nous|une presse|un média|notre|le journalisme)
inscrivez-vous (?:à|gratuitement)[^.]{0,60}(?:newsletter|infolettre)
suscríbe(?:te|se) (?:gratis )?a (?:nuestr|la newsletter|el boletín)
(?:apoya|apoye) (?:a )?(?:nuestro|el) periodismo
sostieni (?:il nostro|il giornalismo)
iscriviti alla (?:nostra )?newsletter
apoie o (?:nosso )?jornalismo
(?:assine|inscreva-se n)a? ?(?:nossa|a nossa) newsletter
(?:meld je aan|schrijf je in) voor (?:onze|de) [^.]{0,40}nieuwsbrief
подпис(?:ывайтесь|ывайся|шитесь) на (?:наш|канал)
""".strip().split("\n")
)
"""Patterns of paragraphs that ask the reader for money, an address or a click."""

APPEAL_WORDS = tuple(
    """
consider|support us|support our|support independent|your gift|your donation|your contribution|newsletter|inbox|download
follow us|subscribe|notifications|blocker|cookies|jetzt |abonnez|abbonati
unterstütz|soutene|infolettre|suscríb|boletín|apoy|apoi|sostieni|nieuwsbrief|подпи
""".strip()
    .replace("\n", "|")
    .split("|")
)
"""Words, in lower case, of which every match of `APPEALS` contains one: a quick test."""

NOTICES = tuple(
    r"""
^\W*(?:haftungsausschluss|descargo de responsabilidad|免责声明|特别声明|版权声明|免責聲明|版權聲明)\s*[:：]
\bviews? (?:and opinions? )?expressed\b[^.]*\b(?:author|writer|necessarily)
\b(?:has|have) not been edited by\b
\b(?:published|auto-generated|taken) from a (?:wire|syndicated|news) (?:agency )?feed
\bnot (?:constitute|intended as) (?:\w+ )?(?:financial|investment|legal|medical) advice
may not be (?:published|reproduced|copied)[^.]*\b(?:broadcast|rewritten|redistributed|permission)
gib(?:t|en) nicht (?:notwendigerweise|unbedingt) die (?:meinung|ansicht)
keine anlageberatung
n[’']engagent? que (?:leur|son|l[’'])
ne constitu\w+ pas un conseil
no (?:reflejan?|representan?) necesariamente la
non (?:riflett|rispecchi|costituisc)\w+ (?:necessariamente|una? (?:consulenza|sollecitazione))
não (?:reflete|representa)m? necessariamente a
мнение (?:автора|редакции) может не совпадать
不代表.{0,12}(?:立场|观点|立場|觀點)
(?:未经|未經).{0,12}(?:不得|禁止|严禁).{0,8}(?:转载|轉載|使用)
侵权.{0,12}(?:联系|删除)
仅提供信息存储
""".strip().split("\n")
)
"""Patterns of legal notices below a story."""

# --- Who wrote a story ------------------------------------------------------------------------------------------------

BYLINE_WORDS = _names("""
    by|von|vom|par|por|di|da|door|av|af|od|contributors|contributor|autor|autora|autores|autore|autori|auteur|auteure|auteurs|autoren|autorin
    author|authors|oleh|yazan|przez|napisał|napisała|skrevet av|skriven av|tekijä|szerző|автор|авторы|автори|текст
    κείμενο|γράφει|του|της|بقلم|كتب|كتبت|كتابة|الكاتب|الكاتبة|تقرير|بواسطة|נכתב על ידי|מאת|כתב|כתבה|נویسنده|نویسنده
    نوشته|به قلم|گزارش|گزارش از|مصنف|تحریر|लेखक|लेखिका|द्वारा|रिपोर्ट|रिपोर्टर|लेख|โดย|เขียนโดย|ผู้เขียน|เรื่อง
    글|작성자|글쓴이|취재
""")
"""Words before an author's name, followed by a space or a mark."""

BYLINE_NOUNS = _names("""
    interview|text|texte|texto|testo|tekst|words|story|redaktion|report|reporter|artikel|beitrag
    text und fotos|text & fotos|textes et photos|texto y fotos|words and photos|text and photos
""")
"""Words before an author's name, followed by a mark: "Text: Jane Doe"."""

BYLINE_PREFIXES = _names("""
    作者|记者|記者|通讯员|本报记者|撰文|撰稿|文|文・写真|取材・文|取材|執筆|著者|筆者|投稿者|作成者|ライター|来稿|採訪|報導|采写
""")
"""Words before an author's name in scripts without spaces; the name may follow directly."""

BYLINE_SUFFIXES = _names("""
    기자|특파원|인턴기자|객원기자|선임기자|논설위원|記者|记者|特派員|編集委員|著|通讯员|報導|报道|さん|氏
""")
"""Words after an author's name in the same scripts."""

BYLINE_LEADS = _names("""
    text|texto|testo|story|written|reported|reporting|words|posted|published|created|submitted|contributed|authored|post|article|report
    analysis|opinion|column|review|blog|veröffentlicht|verfasst|geschrieben|erstellt|eingestellt|gespeichert|eingetragen
    artikel|beitrag|gastbeitrag|kommentar|bericht|kolumne|interview|analyse|reportage|essay|publié|écrit|rédigé|texte
    publicado|escrito|enviado|pubblicato|scritto|geplaatst|geschreven|skrevet|skriven|publicerad|napisane|opublikowane
    ein|eine|a|an|un|une|this|guest|special|blog|exclusive
""")
"""Words that may precede those before a name: "Ein Beitrag von", "Posted by"."""

OTHER_ROLES = _names("""
    translated by|translation by|translation|translator|edited by|editing by|reviewed by|fact checked by
    fact-checked by|checked by|photo by|photos by|photo|photos|photography by|photograph by|photographs by|pictures by
    picture by|image by|images by|image credits|illustration by|illustrations by|illustrated by|graphics by|video by
    design by|designed by|produced by|compiled by|narrated by|theme by|powered by|image|credit|additional reporting by
    übersetzt von|übersetzung|aus dem englischen von|fotos von|foto von|foto|fotos|bild|bilder|bild von|illustration
    illustrationen|illustration von|redigiert von|geprüft von|traduit par|traduction|traduit de|photos de|photo de
    illustrations de|relu par|traducido por|traducción|traducido del|traductor|fotos de|foto de|fotografía|editado por
    revisado por|ilustración|tradotto da|traduzione|traduzione di|foto di|a cura di|traduzido por|tradução|editado
    vertaald door|vertaling|beeld|översättning|översatt av|oversatt av|oversat af|tłumaczenie|tłumaczył|zdjęcia|перевод
    фото|редактор|çeviri|çeviren|ترجمة|ترجمه|تصوير|عکس|תרגום|צילום|अनुवाद|번역|편집|사진|责任编辑|責任編輯|编辑|編輯|編集|校对|翻译|翻譯
    翻訳|写真|撮影|摄影|攝影|イラスト|監訳|訳
""")
"""Roles other than the author's; the names after them are not authors."""

OFFICES = _words("""
    staff writer writers reporter reporters correspondent correspondents editor editors editorial press news newsroom
    newsdesk agency agencies times team desk contributor contributors contributing senior guest bureau columnist
    columnists journalist journalists associated reuters redaktion redakteur redakteurin rédaction redacción redazione
    redação redactie redaksi redakcja redaktionen photo photos photographer share comment comments email twitter
    facebook instagram linkedin youtube whatsapp subscribe view views profile bio about minute minutes read updated
    published posted admin administrator advertisement chief director ceo manager specialist producer host media
    company inc ltd llc gmbh group magazine university college institute blog website online author authors contact
    more corporation broadcasting association foundation society federation ministry department verein verband stiftung
    network council committee studio studios zeitung gazette tribune chronicle herald observer service services
    center centre radio television channel feed rss newsletter webteam pressestelle presse prensa
""")
"""Words of offices, organisations and buttons: a name with one of them is not a person's."""

NO_AUTHORS = _words("""
    admin administrator administrador administrateur webmaster root user guest unknown unbekannt anonymous anonym null
    none undefined nobody author autor auteur autore staff editor editors reporter redacteur test default system
    editorial n/a na
""")
"""Names of accounts that do not denote a person."""

NO_NAMES = _words("""
    follow behalf previous next prev home início inicio startseite accueil inicial copy click here sign
    search menu suche suchen suivant suivante précédent précédente siguiente anterior próximo próxima
    seguinte successivo precedente volgende vorige nächste nächster vorherige vorheriger weiter zurück
    drucken teilen antworten kommentar kommentare commentaire commentaires comentario comentarios
    commenti reageer reply responder répondre partager compartir condividi abonnieren anmelden login
    logout register subscribe leave uncategorized allgemein categoría kategorie kategorien category
    categories tags tag archive archives archiv permalink bookmark sponsored gesponserte inhalte
    creative commons continue reading related featured stories trending latest popular advertisement
    table shop newer older posts weitere mehr alle artikel links policy contents topics menu podcast
    podcasts expert policy terms privacy cookies español english deutsch français italiano português 首页
    上一篇 下一篇 原创
""")
"""Words of buttons, pagers and sections: a line with one of them is not a name."""
